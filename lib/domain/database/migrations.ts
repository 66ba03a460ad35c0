/**
 * Migrations, which make the tables. They are code, so that a compiled program includes them.
 *
 * @module
 */

import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Database } from "./tables.ts";
import { DatabaseError } from "./database_error.ts";
import { isPostgres } from "./dialect.ts";

const TABLE = "process_queue_migration";

/** Each step leaves existing tables as they are: Zulip's own database has some of them. */
const STEPS: Readonly<Record<string, Migration>> = {
  "0001_user_activity": { up: createUserActivity },
  "0002_inbox": { up: createInbox },
};

/** The names of all migrations, in order. */
export const MIGRATIONS: readonly string[] = Object.keys(STEPS);

/**
 * Applies the migrations that the database lacks, in one transaction. Waits for another process that
 * does the same.
 *
 * @returns The names of those applied here.
 * @throws {DatabaseError} When the database cannot be reached or changed.
 */
export async function migrate(db: Database): Promise<string[]> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...STEPS }) },
    migrationTableName: TABLE,
    migrationLockTableName: `${TABLE}_lock`,
    ...await ownSchema(db),
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results.map((result) => result.migrationName);
}

/**
 * The names of the migrations that were applied to the database.
 *
 * @throws {DatabaseError} When the database cannot be reached or read.
 */
export async function appliedMigrations(db: Database): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from ${sql.table(TABLE)} order by name`
      .execute(db);
    return rows.map((row) => row.name);
  } catch (error) {
    if (error instanceof DatabaseError && error.kind === "missing-table") return [];
    throw error;
  }
}

/** The schema of our queries. Without it Kysely mistakes a table of another schema for ours. */
async function ownSchema(db: Database): Promise<{ migrationTableSchema?: string }> {
  if (!isPostgres(db)) return {};
  const { rows } = await sql<{ schema: string | null }>`select current_schema() as schema`
    .execute(db);
  const schema = rows[0]?.schema;
  return schema ? { migrationTableSchema: schema } : {};
}

// deno-lint-ignore no-explicit-any -- migrations outlive the types of the tables
type AnyTables = any;

/** Makes Zulip's table (`zerver/models/clients.py` and presence), without its foreign keys. */
async function createUserActivity(db: Kysely<AnyTables>): Promise<void> {
  if (await exists(db, "zerver_useractivity")) return;
  const postgres = isPostgres(db);
  await db.schema.createTable("zerver_useractivity").ifNotExists()
    .addColumn(
      "id",
      postgres ? "bigint" : "integer",
      (id) => postgres ? id.generatedByDefaultAsIdentity().primaryKey() : id.primaryKey(),
    )
    .addColumn("user_profile_id", "integer", (column) => column.notNull())
    .addColumn("client_id", "integer", (column) => column.notNull())
    .addColumn("query", "varchar(50)", (column) => column.notNull())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("last_visit", postgres ? "timestamptz" : "text", (column) => column.notNull())
    .addUniqueConstraint("zerver_useractivity_user_client_query_uniq", [
      "user_profile_id",
      "client_id",
      "query",
    ])
    .execute();
}

async function createInbox(db: Kysely<AnyTables>): Promise<void> {
  if (await exists(db, "process_queue_inbox")) return;
  await db.schema.createTable("process_queue_inbox").ifNotExists()
    .addColumn("queue", "text", (column) => column.notNull())
    .addColumn("message_id", "text", (column) => column.notNull())
    .addColumn("seen_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("process_queue_inbox_pkey", ["queue", "message_id"])
    .$call((table) => isPostgres(db) ? table : table.modifyEnd(sql`without rowid`))
    .execute();
  await db.schema.createIndex("process_queue_inbox_seen_at").ifNotExists()
    .on("process_queue_inbox").column("seen_at").execute();
}

/** Whether a table exists: `if not exists` checks one schema, and a user of Zulip's database has two. */
async function exists(db: Kysely<AnyTables>, table: string): Promise<boolean> {
  if (!isPostgres(db)) return false;
  const { rows } = await sql<{ found: boolean }>`
    select to_regclass(${table}) is not null as found`.execute(db);
  return rows[0]?.found ?? false;
}
