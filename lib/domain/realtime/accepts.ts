/**
 * Whether a client gets an event at all.
 *
 * @module
 */

import { type Capability, type EventClient, wantsType } from "./client.ts";
import type { RealtimeEvent } from "./event.ts";
import { type NarrowedMessage, satisfies } from "./narrow.ts";

/** Events that depend on a capability. */
interface Rule {
  readonly capability: Capability;
  /** Whether the client gets such an event with the capability, or without it. */
  readonly isFor: "with" | "without";
  readonly isMeant: (event: RealtimeEvent) => boolean;
}

const RULES: readonly Rule[] = [
  {
    capability: "stream_typing_notifications",
    isFor: "with",
    isMeant: ({ type, stream_id }) => type === "typing" && stream_id !== undefined,
  },
  {
    capability: "user_settings_object",
    isFor: "without",
    isMeant: ({ type }) =>
      type === "update_display_settings" || type === "update_global_notifications",
  },
  {
    // A deactivated group: clients that do not know such groups receive its removal.
    capability: "include_deactivated_groups",
    isFor: "without",
    isMeant: ({ type, op }) => type === "user_group" && op === "remove",
  },
  {
    capability: "include_deactivated_groups",
    isFor: "with",
    isMeant: ({ type, op, data }) =>
      type === "user_group" && op === "update" && hasKey(data, "deactivated"),
  },
  {
    capability: "archived_channels",
    isFor: "with",
    isMeant: ({ type, op, property }) =>
      type === "stream" && op === "update" && property === "is_archived",
  },
];

/**
 * Whether a client gets an event.
 *
 * @param event As the client would see it. A `message` has `message` and `flags`.
 */
export function accepts(client: EventClient, event: RealtimeEvent): boolean {
  const { type } = event;
  if (!wantsType(client, type)) return false;
  // These repeat what user_topic says, for clients that do not know it.
  if (type === "muted_topics" && client.eventTypes?.includes("user_topic")) return false;
  if (type === "message") {
    return satisfies(client.narrow, event.message as NarrowedMessage, event.flags as string[]);
  }
  return RULES.every(({ capability, isFor, isMeant }) =>
    !isMeant(event) || client.capabilities.has(capability) === (isFor === "with")
  );
}

function hasKey(value: unknown, key: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}
