/**
 * The tables of the program, by their names and types in the database.
 *
 * @module
 */

import type { Insertable, Kysely, Selectable, Updateable } from "kysely";
import type { OWN_TABLES, ZULIP_TABLES } from "./tables/all.ts";
import type { RowsOf } from "./tables/column.ts";

type Declared = typeof ZULIP_TABLES & typeof OWN_TABLES;

/**
 * Every table the program uses, by its name in the database; `tables/` declares them. A Zulip
 * server's tables have more columns, so name those that you read; `shape.ts` tells which of the
 * columns and tables here a server lacks.
 */
export type Tables = { [Name in keyof Declared]: RowsOf<Declared[Name]> };

/** A row of a table, as a query returns it. */
export type Row<Name extends keyof Tables> = Selectable<Tables[Name]>;

/**
 * A row to be inserted. Django and not the database gives most defaults, so all columns but those
 * that can be null are needed: `rows.ts` has the defaults.
 */
export type NewRow<Name extends keyof Tables> = Insertable<Tables[Name]>;

/** The columns to be changed in a row. */
export type RowChange<Name extends keyof Tables> = Updateable<Tables[Name]>;

/** An open database. It survives the loss of its server: later queries connect again. */
export type Database = Kysely<Tables>;

const ZULIPS = /(^|\.)(zerver|analytics|confirmation)_\w+$/;
const OURS = /(^|\.)(zerver|analytics|confirmation|process_queue)_\w+$/;
const MISSING = /(?:relation "|no such table: )([\w.]+)/;

/** Reports whether a database misses a table of a worker's own, which no migration of ours makes. */
export function isForeignTable(message: string): boolean {
  const table = MISSING.exec(message)?.[1];
  return table !== undefined && !OURS.test(table);
}

/** Reports whether a database misses a table which in a Zulip server's database is the server's. */
export function isZulipTable(message: string): boolean {
  return ZULIPS.test(MISSING.exec(message)?.[1] ?? "");
}

/** What to do about a table of a worker's own. */
export const FOREIGN_TABLE_ADVICE =
  "make it, as it is not of this program, or set DATABASE_URL to the database that has it";
