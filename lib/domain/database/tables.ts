/**
 * The tables of the program, by their names and types in the database.
 *
 * @module
 */

import type { ColumnType, Generated, Kysely } from "kysely";

/** Zulip's `zerver_useractivity`: how often, and when last, a user called something. */
export interface UserActivityTable {
  /** Given by the database. */
  id: Generated<number>;
  /** Zulip's `zerver_userprofile.id`. */
  user_profile_id: number;
  /** Zulip's `zerver_client.id`. */
  client_id: number;
  /** What was called; at most 50 characters. */
  query: string;
  /** How many times. */
  count: number;
  /**
   * PostgreSQL: `timestamptz`, read as a Date. SQLite: text in UTC with microseconds, as in
   * `2023-11-14T22:13:20.123456Z`; rows of earlier versions have milliseconds. Without its `Z` it
   * sorts by time.
   */
  last_visit: ColumnType<Date | string, string, string>;
}

/** Ids of events whose effect was committed, so that none counts twice. */
export interface InboxTable {
  /** The queue that delivered the event. */
  queue: string;
  /** The publisher's `message_id`. */
  message_id: string;
  /** When its effect was committed, in ms since 1970 (PostgreSQL reads it as a string). */
  seen_at: ColumnType<number | string, number, number>;
}

/** Every table the program uses. */
export interface Tables {
  /** Written by the queue `user_activity`. */
  zerver_useractivity: UserActivityTable;
  /** Written by every worker whose effects count exactly once. */
  process_queue_inbox: InboxTable;
}

/** An open database. It survives the loss of its server: later queries connect again. */
export type Database = Kysely<Tables>;

const OURS = /(^|\.)(zerver_useractivity|process_queue_\w+)$/;
const MISSING = /(?:relation "|no such table: )([\w.]+)/;

/** Reports whether a database misses a table of a worker's own, which no migration of ours makes. */
export function isForeignTable(message: string): boolean {
  const table = MISSING.exec(message)?.[1];
  return table !== undefined && !OURS.test(table);
}

/** What to do about such a table. */
export const FOREIGN_TABLE_ADVICE =
  "make it, as it is not of this program, or set DATABASE_URL to the database that has it";
