/**
 * Makes declared tables in a database.
 *
 * @module
 */

import { type Kysely, sql } from "kysely";
import { isPostgres } from "../dialect.ts";
import type { Table } from "../tables/table.ts";
import { foreignKeyStatements, indexStatements, type Place, tableStatement } from "./ddl.ts";

// deno-lint-ignore no-explicit-any -- migrations outlive the types of the tables
type AnyDatabase = Kysely<any>;

/**
 * Makes the tables that are missing, with indexes and foreign keys; others stay as they are.
 *
 * @param tables By their names.
 * @param schema The schema of PostgreSQL in which they are made.
 * @param made Gets the names of those made.
 */
export async function createTables(
  db: AnyDatabase,
  tables: Readonly<Record<string, Table>>,
  schema: string | undefined,
  made: string[],
): Promise<void> {
  const place: Place = { postgres: isPostgres(db), ...(schema !== undefined && { schema }) };
  const targets = new Set(Object.keys(tables));
  const present = await presentTables(db, [...targets]);
  const missing = Object.values(tables).filter(({ name }) => !present.has(name));
  const statements = missing.flatMap((table) => [
    tableStatement(table, place, targets),
    ...indexStatements(table, place),
  ]);
  if (place.postgres) {
    statements.push(...missing.flatMap((table) => foreignKeyStatements(table, place, targets)));
  }
  await runAll(db, statements);
  made.push(...missing.map(({ name }) => name));
}

/** Runs them at once: one by one takes several times as long. */
async function runAll(db: AnyDatabase, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await sql.raw(`${statements.join(";\n")};`).execute(db);
}

/**
 * Which of these tables exist, in PostgreSQL in any schema of the search path: a user of Zulip's
 * database may have two.
 */
export async function presentTables(
  db: AnyDatabase,
  names: readonly string[],
): Promise<Set<string>> {
  const query = isPostgres(db)
    ? sql<{ name: string }>`select name from unnest(${sql.val(names)}::text[]) as name
        where to_regclass(quote_ident(name)) is not null`
    : sql<{ name: string }>`select name from sqlite_master where type = 'table'`;
  const { rows } = await query.execute(db);
  return new Set(rows.map(({ name }) => name).filter((name) => names.includes(name)));
}
