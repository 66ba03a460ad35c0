/**
 * The database of `DATABASE_URL`: a SQLite file by default, or PostgreSQL, such as Zulip's own.
 * Kysely and the drivers are loaded when a database is opened, so that a worker without one does not
 * load them.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { describeDatabase, isSqlite } from "./address.ts";
import { DatabaseError } from "./database_error.ts";
import type { Applied } from "./migrations.ts";
import type { DatabaseKind } from "./shape.ts";
import type { Database } from "./tables.ts";

export type { Database, DatabaseKind };

/**
 * Opens the database and makes sure that it has the program's tables: SQLite is migrated here,
 * PostgreSQL only by `process-queue migrate`. Close it with `destroy()`.
 *
 * @param url `sqlite:path`, or `postgres://user:password@host:port/database` with libpq's options.
 * @throws {DatabaseError} When it cannot be reached or used, or lacks its tables.
 */
export async function openDatabase(url: string): Promise<Database> {
  const db = await connectDatabase(url);
  try {
    await requireTables(db, url);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/**
 * Checks the database without changing it.
 *
 * @param url As for {@linkcode openDatabase}; a SQLite file must exist.
 * @returns The names of the migrations that a SQLite file lacks: `run` applies them.
 * @throws {DatabaseError} When it cannot be reached or read, or lacks its tables.
 */
export async function inspectDatabase(url: string): Promise<string[]> {
  if (!isSqlite(url)) {
    await (await openDatabase(url)).destroy();
    return [];
  }
  const { connectSqlite } = await import("./node_sqlite.ts");
  const db = connectSqlite(describeDatabase(url), { isReadOnly: true });
  try {
    const pending = await pendingMigrations(db, url, "own");
    if (pending.length === 0) await readEveryTable(db);
    return pending;
  } finally {
    await db.destroy();
  }
}

/** Reports whether the database is a SQLite file that does not exist yet. */
export function willBeMade(url: string): boolean {
  return isSqlite(url) && !existsSync(describeDatabase(url));
}

/**
 * Opens the database without checking its tables. It connects at the first query.
 *
 * @param url As for {@linkcode openDatabase}.
 * @throws {DatabaseError} `url` when it is not one of these addresses.
 */
export async function connectDatabase(url: string): Promise<Database> {
  const where = describeDatabase(url);
  if (isSqlite(url)) {
    const { connectSqlite } = await import("./node_sqlite.ts");
    return connectSqlite(where);
  }
  const { connectPostgres } = await import("./postgres.ts");
  return connectPostgres(url, where);
}

/**
 * Whether a database is that of a Zulip server.
 *
 * @param url As for {@linkcode openDatabase}.
 * @throws {DatabaseError} When it cannot be reached or read.
 */
export async function isZulipServers(url: string): Promise<boolean> {
  if (isSqlite(url)) return false;
  const { databaseKind } = await import("./shape.ts");
  const db = await connectDatabase(url);
  try {
    return await databaseKind(db) === "zulip";
  } finally {
    await db.destroy();
  }
}

/**
 * Refuses an open database that is a Zulip server's.
 *
 * @param why Why it is refused, as the end of the message.
 * @throws {DatabaseError} `schema` where it is one; or when it cannot be read.
 */
export async function refuseZulipServers(db: Database, why: string): Promise<void> {
  const { shapeOf } = await import("./shape.ts");
  if ((await shapeOf(db)).kind === "own") return;
  throw new DatabaseError("schema", `DATABASE_URL is the database of a Zulip server: ${why}`);
}

/** What {@linkcode migrateDatabase} found and did. */
export interface Migrated extends Applied {
  /** Who makes the tables of the database. */
  readonly kind: DatabaseKind;
}

/**
 * Applies the migrations that the database lacks. Several processes may do so at once. In a Zulip
 * server's database it makes only tables named `process_queue_…`.
 *
 * @param url As for {@linkcode openDatabase}.
 * @throws {DatabaseError} When it cannot be reached or changed, or is newer than this program.
 */
export async function migrateDatabase(url: string): Promise<Migrated> {
  const { migrate } = await import("./migrations.ts");
  const db = await connectDatabase(url);
  try {
    const kind = await findKind(db, url);
    await pendingMigrations(db, url, kind);
    const applied = await migrate(db, kind);
    await requireKept(db, url);
    return { kind, ...applied };
  } finally {
    await db.destroy();
  }
}

/** @throws {DatabaseError} Also when its queries would not find the tables of a Zulip server. */
async function findKind(db: Database, url: string): Promise<DatabaseKind> {
  const { hiddenZulip, shapeOf } = await import("./shape.ts");
  const { kind } = await shapeOf(db);
  const [schema] = kind === "own" ? await hiddenZulip(db) : [];
  if (schema !== undefined) throw hidden(url, schema);
  return kind;
}

async function requireTables(db: Database, url: string): Promise<void> {
  const kind = await findKind(db, url);
  const pending = await pendingMigrations(db, url, kind);
  if (pending.length > 0) await catchUp(db, url, pending);
  await readEveryTable(db);
}

async function catchUp(
  db: Database,
  url: string,
  pending: readonly string[],
): Promise<void> {
  if (!isSqlite(url)) throw notMigrated(url, pending);
  const { migrate } = await import("./migrations.ts");
  await migrate(db, "own");
}

async function pendingMigrations(
  db: Database,
  url: string,
  kind: DatabaseKind,
): Promise<string[]> {
  const { appliedMigrations, MIGRATIONS, migrationsOf } = await import("./migrations.ts");
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !MIGRATIONS.includes(name));
  if (unknown.length > 0) throw newer(url, unknown);
  return migrationsOf(kind).filter((name) => !applied.includes(name));
}

/** Fails where a table that every worker may use, or the right to read it, is missing. */
async function readEveryTable(db: Database): Promise<void> {
  await db.selectFrom([
    "zerver_useractivity",
    "process_queue_inbox",
    "process_queue_outbox",
    "process_queue_effect",
    "process_queue_job",
  ]).select("process_queue_inbox.queue").limit(0).execute();
}

async function requireKept(db: Database, url: string): Promise<void> {
  try {
    await readEveryTable(db);
  } catch (error) {
    const gone = error instanceof DatabaseError && error.kind === "missing-table";
    throw gone ? dropped(url, error) : error;
  }
}

function notMigrated(url: string, pending: readonly string[]): DatabaseError {
  return new DatabaseError(
    "missing-table",
    `The database ${describeDatabase(url)} lacks the tables of this program ` +
      `(${pending.join(", ")}): run \`process-queue migrate\`.`,
  );
}

function hidden(url: string, schema: string): DatabaseError {
  return new DatabaseError(
    "schema",
    `The database ${describeDatabase(url)} has a Zulip server's tables in the schema ${schema}, ` +
      "which is not in the search_path of the user of DATABASE_URL: add " +
      `?options=-csearch_path%3D${encodeURIComponent(schema)} to DATABASE_URL, or set the ` +
      "search_path of the user.",
  );
}

function newer(url: string, unknown: readonly string[]): DatabaseError {
  return new DatabaseError(
    "newer",
    `The database ${describeDatabase(url)} was migrated by a newer version of this program, ` +
      `which also applied ${unknown.join(", ")}: run that version, or one after it.`,
  );
}

function dropped(url: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    "missing-table",
    `A table of this program was removed from the database ${describeDatabase(url)} after it had ` +
      "been migrated: restore it from a backup, or delete all rows of process_queue_migration " +
      "and run `process-queue migrate` again, which makes an empty one.",
    { cause },
  );
}
