/**
 * The tables of this program itself, also in the database of a Zulip server.
 *
 * @module
 */

import { bigint, id, integer, text } from "./column.ts";
import { table } from "./table.ts";

/** Ids of events whose effect was committed, so that none counts twice. */
export const inbox = table("process_queue_inbox", {
  /** The queue that delivered the event. */
  queue: text(),
  /** The publisher's `message_id`. */
  message_id: text(),
  /** When its effect was committed, in ms since 1970. */
  seen_at: bigint(),
}, {
  primaryKey: ["queue", "message_id"],
  indexes: [{ name: "process_queue_inbox_seen_at", on: "seen_at" }],
});

/** Events that a transaction publishes: they are sent to the broker after its commit. */
export const outbox = table("process_queue_outbox", {
  /** Their order. */
  id: id(),
  /** The queue that the event goes to. */
  queue: text(),
  /** The event, as JSON text. */
  body: text(),
  /** The event's `message_id`, the same each time that it is published. */
  message_id: text(),
  /** When the row was written, in ms since 1970. */
  at: bigint(),
}, { indexes: [{ name: "process_queue_outbox_at", on: "at" }] });

/** Steps of events that must not be done twice, such as a mail to one recipient. */
export const effect = table("process_queue_effect", {
  /** The queue that delivered the event. */
  queue: text(),
  /** What is the same each time that the event is delivered. */
  key: text(),
  /** The SHA-256 of the step, such as an address or a URL. */
  step: text(),
  /** `started`, `done` or `failed`. */
  state: text(),
  /** The run of a worker that started it. */
  owner: text(),
  /** When the state was written, in ms since 1970. */
  at: bigint(),
}, {
  primaryKey: ["queue", "key", "step"],
  indexes: [{ name: "process_queue_effect_at", on: "at" }],
});

/** Work that takes minutes, which goes on after its event was acknowledged. */
export const job = table("process_queue_job", {
  /** The same for every event that asks for the same work. */
  key: text(),
  /** What is to be done. */
  type: text(),
  /** Its arguments, as JSON text. */
  args: text(),
  /** `waiting`, `running`, `done` or `failed`. */
  state: text(),
  /** The process that does it. */
  owner: text({ nullable: true }),
  /** When the owner last said that it runs, in ms since 1970. */
  alive_at: bigint({ nullable: true }),
  /** How far it is, as JSON text. */
  progress: text({ nullable: true }),
  /** Why it failed. */
  error: text({ nullable: true }),
  /** How many times a process took it. */
  taken: integer({ databaseDefault: 0 }),
  /** ms since 1970. */
  created_at: bigint(),
  /** ms since 1970; null while it is not over. */
  ended_at: bigint({ nullable: true }),
}, {
  primaryKey: ["key"],
  indexes: [{ name: "process_queue_job_state_alive_at", on: "state, alive_at" }],
});
