/**
 * Fills a database with the rows of a seed.
 *
 * @module
 */

import { sql, type Transaction } from "kysely";
import type { Database, Tables } from "../../domain/database/tables.ts";
import { isPostgres } from "../../domain/database/dialect.ts";
import { pieces } from "../../domain/database/pieces.ts";
import { ZULIP_TABLES } from "../../domain/database/tables/all.ts";
import { inTransaction } from "../../domain/database/transaction.ts";
import { planSeed } from "./plan.ts";
import type { CompleteRow, SeedRows, SeedTable } from "./rows.ts";

/** The parameters of one statement; SQLite takes 32,766. */
const PARAMETERS = 30_000;

/** A user to try things with, who has an address. */
export interface SeededUser {
  readonly id: number;
  readonly name: string;
}

/** What a seed has inserted. */
export interface Seeded {
  /** How many rows each table got. */
  readonly counts: ReadonlyMap<SeedTable, number>;
  /** The first one. */
  readonly user: SeededUser;
}

/** What a database has already. */
export interface Occupied {
  readonly users: number;
  readonly realms: number;
}

/**
 * Inserts all rows, or none.
 *
 * @param beforeCommit Gets the rows when all are inserted; what it throws is thrown.
 * @returns What the database has already, in which case it is not changed.
 * @throws {DatabaseError} When the database is lost or locked.
 */
export async function insertSeed(
  db: Database,
  now: Date,
  beforeCommit: (rows: SeedRows) => void = () => {},
): Promise<Seeded | Occupied> {
  return await inTransaction(db, async (trx) => {
    // Of two at once, the second waits here and then finds users.
    if (isPostgres(trx)) {
      await sql`lock table zerver_realm in share row exclusive mode`.execute(trx);
    }
    const occupied = await occupants(trx);
    if (occupied.users > 0 || occupied.realms > 0) return occupied;
    const rows = planSeed(now, await highestIds(trx));
    for (const table of rows.tables()) await insertRows(trx, table, rows.of(table));
    if (isPostgres(trx)) await advanceNumbers(trx, rows.tables());
    beforeCommit(rows);
    return { counts: countsOf(rows), user: firstUser(rows) };
  });
}

async function occupants(trx: Transaction<Tables>): Promise<Occupied> {
  const { rows: [found] } = await sql<Record<keyof Occupied, number | bigint>>`
    select (select count(*) from zerver_userprofile) as users,
      (select count(*) from zerver_realm) as realms`.execute(trx);
  return { users: Number(found?.users), realms: Number(found?.realms) };
}

/** Tables of which the primary key is a number that the database gives. */
const NUMBERED = Object.values(ZULIP_TABLES).filter(({ columns }) => "id" in columns)
  .map(({ name }) => name);

async function highestIds(trx: Transaction<Tables>): Promise<Map<string, number>> {
  const each = NUMBERED.map((name) =>
    sql`select ${sql.lit(name)} as name, max(id) as id from ${sql.table(name)}`
  );
  const { rows } = await sql<{ name: string; id: number | bigint | string | null }>`
    ${sql.join(each, sql` union all `)}`.execute(trx);
  return new Map(rows.map(({ name, id }) => [name, Number(id ?? 0)]));
}

async function insertRows(
  trx: Transaction<Tables>,
  table: SeedTable,
  rows: readonly CompleteRow[],
): Promise<void> {
  const width = Object.keys(rows[0] ?? {}).length;
  const most = Math.floor(PARAMETERS / width);
  for (const some of pieces(rows, most)) {
    await trx.insertInto(table).values(some as never).execute();
  }
}

/** PostgreSQL numbers later rows behind these. SQLite does so by itself. */
async function advanceNumbers(
  trx: Transaction<Tables>,
  tables: readonly SeedTable[],
): Promise<void> {
  const each = tables.filter((table) => NUMBERED.includes(table)).map((table) =>
    sql`setval(pg_get_serial_sequence(${sql.lit(table)}, 'id'),
      (select max(id) from ${sql.table(table)}))`
  );
  await sql`select ${sql.join(each)}`.execute(trx);
}

function countsOf(rows: SeedRows): Map<SeedTable, number> {
  return new Map(rows.tables().map((table) => [table, rows.of(table).length]));
}

function firstUser(rows: SeedRows): SeededUser {
  const row = rows.of("zerver_userprofile").find(({ is_bot }) => is_bot === false);
  return { id: Number(row?.id), name: String(row?.full_name) };
}
