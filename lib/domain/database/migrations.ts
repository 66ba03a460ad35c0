/**
 * Migrations, which make the tables. They are code, so that a compiled program includes them.
 *
 * A later change of a declared table needs a migration that also works where an earlier one has made
 * the table as it is declared by then: `add column if not exists`.
 *
 * @module
 */

import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Database } from "./tables.ts";
import { DatabaseError } from "./database_error.ts";
import { isPostgres } from "./dialect.ts";
import { createTables } from "./schema/create.ts";
import { createInbox, createUserActivity, retypeUserActivity } from "./schema/first_tables.ts";
import type { DatabaseKind } from "./shape.ts";
import { OWN_TABLES, ZULIP_TABLES } from "./tables/all.ts";

const TABLE = "process_queue_migration";

// deno-lint-ignore no-explicit-any -- migrations outlive the types of the tables
type AnyDatabase = Kysely<any>;

/** A migration, which adds the names of the tables that it makes. */
interface Step {
  /** Whether it makes tables of Zulip, which only a database of our own needs. */
  readonly zulip?: true;
  up(db: AnyDatabase, schema: string | undefined, made: string[]): Promise<void>;
}

/** Each step leaves existing tables as they are. */
const STEPS: Readonly<Record<string, Step>> = {
  "0001_user_activity": { zulip: true, up: createUserActivity },
  "0002_inbox": { up: createInbox },
  "0003_outbox_effects_jobs": {
    up: (db, schema, made) => createTables(db, OWN_TABLES, schema, made),
  },
  "0004_zulip_tables": {
    zulip: true,
    async up(db, schema, made) {
      await retypeUserActivity(db);
      await createTables(db, ZULIP_TABLES, schema, made);
    },
  },
};

/** The names of the migrations that a kind of database needs, in order. */
export function migrationsOf(kind: DatabaseKind): string[] {
  return Object.entries(STEPS).filter(([, { zulip }]) => kind === "own" || !zulip)
    .map(([name]) => name);
}

/** The names of all migrations, in order: those of a database of our own. */
export const MIGRATIONS: readonly string[] = migrationsOf("own");

/** What {@linkcode migrate} did. */
export interface Applied {
  /** The names of the migrations applied here. */
  readonly applied: readonly string[];
  /** The names of the tables made here. */
  readonly made: readonly string[];
}

/**
 * Applies the migrations that the database lacks, in one transaction. Waits for another process that
 * does the same. In a Zulip server's database only tables named `process_queue_…` are made.
 *
 * @throws {DatabaseError} When the database cannot be reached or changed.
 */
export async function migrate(db: Database, kind: DatabaseKind): Promise<Applied> {
  const schema = isPostgres(db) ? await writableSchema(db) : undefined;
  const made: string[] = [];
  const needed = new Set([...migrationsOf(kind), ...await appliedMigrations(db)]);
  const steps = Object.entries(STEPS).filter(([name]) => needed.has(name));
  const migrations: [string, Migration][] = steps.map((
    [name, step],
  ) => [name, { up: (inside) => step.up(inside, schema, made) }]);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(migrations)) },
    migrationTableName: TABLE,
    migrationLockTableName: `${TABLE}_lock`,
    // Without it Kysely mistakes a table of another schema for ours.
    ...(schema !== undefined && { migrationTableSchema: schema }),
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return { applied: results.map(({ migrationName }) => migrationName), made };
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

/**
 * The first schema of the search path in which the user may make tables: a user of Zulip's database
 * may have the right for another one than Zulip's only. Without any, PostgreSQL says what is missing.
 */
async function writableSchema(db: Database): Promise<string | undefined> {
  const { rows } = await sql<{ schema: string }>`
    select schema from unnest(current_schemas(false)) with ordinality as path (schema, place)
    where has_schema_privilege(schema, 'create') order by place limit 1`.execute(db);
  return rows[0]?.schema;
}
