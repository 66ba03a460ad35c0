/**
 * What all parts of the state are read with.
 *
 * @module
 */

import type { Database } from "../../database/tables.ts";
import type { ApiUser } from "../../users/api_login.ts";
import type { Registration } from "./parameters.ts";

/** The client that gets the state. */
export interface StateQuery {
  readonly db: Database;
  readonly user: ApiUser;
  readonly registration: Registration;
  /** ms since 1970. */
  readonly now: number;
}

/** A part of the state, by the keys that the answer has. */
export type StatePart = Readonly<Record<string, unknown>>;

/** Seconds since 1970, as clients get times; null for none. */
export function secondsOf(time: Date | null): number | null {
  return time && Math.floor(time.getTime() / 1000);
}
