/**
 * The rows of a table that an export has, as lines of JSON.
 *
 * @module
 */

import { sql } from "kysely";
import { toJson } from "../../json/to_json.ts";
import type { Database } from "../database/tables.ts";
import type { ExportedTable } from "./exported_tables.ts";
import type { Scope } from "./scope.ts";

/** The rows of one query. A message has 10,000 characters at most, and its HTML. */
const PAGE = 500;
/** The column that says whether the export has a row's private columns. */
const IS_PRIVATE = "process_queue_is_private";

type Row = Record<string, unknown>;

/** Rows as text. */
export interface RowPage {
  /** A line of JSON each, with its line feed. */
  readonly text: string;
  readonly count: number;
}

/**
 * The rows of a table, in the order of their keys, a page at a time: so that an export needs the
 * memory of one page, however many there are.
 *
 * @param page The rows of one query. @default {500}
 * @throws {DatabaseError} When the database is lost.
 */
export async function* rowPages(
  db: Database,
  table: ExportedTable,
  scope: Scope,
  page: number = PAGE,
): AsyncGenerator<RowPage> {
  const where = table.rows(scope);
  if (!where) return;
  const { key = "id", name } = table;
  const columns = columnsOf(table, scope);
  let after = -1;
  for (;;) {
    const { rows } = await sql<Row>`
      select ${sql.join(columns)} from ${sql.table(name)}
      where ${sql.ref(`${name}.${key}`)} > ${sql.lit(after)} and ${where}
      order by ${sql.ref(`${name}.${key}`)} limit ${sql.lit(page)}`.execute(db);
    if (rows.length > 0) yield { text: linesOf(rows, table, scope), count: rows.length };
    if (rows.length < page) return;
    after = Number(rows.at(-1)?.[key]);
  }
}

function columnsOf(table: ExportedTable, scope: Scope) {
  const columns = table.shared.map((column) => sql`${sql.ref(column)}`);
  if (!table.private || scope.type === "public") return columns;
  const more = table.private.columns.map((column) => sql`${sql.ref(column)}`);
  if (scope.type === "full") return [...columns, ...more];
  const isPrivate = sql`case when ${sql.ref(`${table.name}.${table.private.of}`)}
    in (${scope.private}) then 1 else 0 end as ${sql.ref(IS_PRIVATE)}`;
  return [...columns, ...more, isPrivate];
}

function linesOf(rows: readonly Row[], table: ExportedTable, { type }: Scope): string {
  const shown = type === "consent" ? rows.map((row) => consented(row, table)) : rows;
  return shown.map((row) => `${toJson(row)}\n`).join("");
}

/** The row without its mark, and without its private columns where its user has not consented. */
function consented({ [IS_PRIVATE]: isPrivate = 1, ...row }: Row, table: ExportedTable): Row {
  if (Number(isPrivate) === 1) return row;
  return Object.fromEntries(Object.entries(row).filter(([name]) => table.shared.includes(name)));
}
