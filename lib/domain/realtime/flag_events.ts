/**
 * Events about the flags of messages, which are merged while nobody has read them: a user who reads
 * 1,000 messages one by one makes one event of 1,000 ids.
 *
 * @module
 */

import type { QueuedEvent, RealtimeEvent } from "./event.ts";

/** An event `update_message_flags` that may grow. */
export interface GrowingFlags {
  /** The event without its messages and its id. */
  readonly event: RealtimeEvent;
  /** The id of the newest event in it. */
  id: number;
  readonly messages: unknown[];
}

/** What an event says of a flag. */
export interface FlagChange {
  readonly flag: string;
  /** The same for events that can be merged; `undefined` for one that stands alone. */
  readonly mergeKey: string | undefined;
}

/**
 * What an event says of a flag; `undefined` if it is about something else.
 *
 * An event about all messages, and one that marks messages as unread, stand alone: the first has no
 * list, and the second has details of each message.
 */
export function flagChange(event: RealtimeEvent): FlagChange | undefined {
  const { type, flag, all, messages } = event;
  if (type !== "update_message_flags" || typeof flag !== "string") return undefined;
  const op = event.operation ?? event.op;
  const isAlone = all === true || !Array.isArray(messages) || (op === "remove" && flag === "read");
  return { flag, mergeKey: isAlone ? undefined : `flags/${String(op)}/${flag}` };
}

/** Makes an event grow. */
export function growing(event: RealtimeEvent, id: number): GrowingFlags {
  const { messages, ...rest } = event;
  return { event: rest, id, messages: [...messages as unknown[]] };
}

/** Adds an event that has the same merge key. */
export function grow(flags: GrowingFlags, event: RealtimeEvent, id: number): void {
  for (const message of event.messages as unknown[]) flags.messages.push(message);
  flags.id = id;
}

/** The event that it has become. */
export function grown({ event, id, messages }: GrowingFlags): QueuedEvent {
  return { ...event, messages: [...messages], id };
}
