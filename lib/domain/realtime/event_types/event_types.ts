/**
 * The types of events that clients know, each with what it has to have.
 *
 * A newer server sends types, ops and keys that are not here. These are let through, and so the check
 * finds only what is certainly wrong: a key that clients rely on is missing, or is of another type.
 *
 * @module
 */

import type { RealtimeEvent } from "../event.ts";
import { CHANNEL_EVENTS } from "./channels.ts";
import { MESSAGE_EVENTS } from "./messages.ts";
import { PEOPLE_EVENTS } from "./people.ts";
import { PERSONAL_EVENTS } from "./personal.ts";
import { REALM_EVENTS } from "./realm.ts";
import type { Schemas } from "./shapes.ts";

/** The schemas of all events, by type, or by type and op: `drafts add`. */
export const EVENT_SCHEMAS: Schemas = {
  ...MESSAGE_EVENTS,
  ...PEOPLE_EVENTS,
  ...CHANNEL_EVENTS,
  ...REALM_EVENTS,
  ...PERSONAL_EVENTS,
};

const TYPES: ReadonlySet<string> = new Set(
  Object.keys(EVENT_SCHEMAS).map((name) => name.replace(/ .*/, "")),
);

/** Whether clients of the servers that this program knows have events of a type. */
export function isKnownType(type: string): boolean {
  return TYPES.has(type);
}

/**
 * The problems of an event that a client would get; nothing for types that are not known. Values
 * are not quoted.
 *
 * @returns The problem, with where it is: `reaction add: message_id: Invalid input: …`.
 */
export function problemOfEvent(event: RealtimeEvent): string | undefined {
  const withOp = `${event.type} ${String(event.op ?? event.operation)}`;
  const name = [event.type, withOp].find((name) => Object.hasOwn(EVENT_SCHEMAS, name));
  const result = name === undefined ? undefined : EVENT_SCHEMAS[name]?.safeParse(event);
  if (!result || result.success) return undefined;
  const [issue] = result.error.issues;
  return [name, issue?.path.join("."), issue?.message].filter(Boolean).join(": ");
}
