/**
 * Which database it is, where SQLite and PostgreSQL differ.
 *
 * @module
 */

import { type Kysely, PostgresAdapter } from "kysely";

/** Whether it is PostgreSQL, and not SQLite. */
// deno-lint-ignore no-explicit-any -- whatever its tables
export function isPostgres(db: Kysely<any>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
