/**
 * What a database is: one of our own, which our migrations made, or that of a Zulip server, whose
 * migrations Django made.
 *
 * @module
 */

import { type Kysely, sql } from "kysely";
import type { Tables } from "./tables.ts";
import { isPostgres } from "./dialect.ts";

/** Who makes a database's tables: this program, or a Zulip server. */
export type DatabaseKind = "own" | "zulip";

/** The columns and tables that not every version of Zulip has. A database of our own has them all. */
export const OPTIONAL = [
  /** Newer servers have a DM group in its place. */
  "zerver_userprofile.recipient_id",
  /** Newer servers. */
  "zerver_userprofile.is_deleted",
  /** Newer servers. */
  "zerver_realm.require_e2ee_push_notifications",
  /** Servers before 2026. */
  "zerver_pushdevice",
  /** Servers from 2026 on. */
  "zerver_device",
] as const;

/** One of {@linkcode OPTIONAL}. */
export type Optional = typeof OPTIONAL[number];

/** What a database is. */
export interface Shape {
  /** Who makes its tables. */
  readonly kind: DatabaseKind;
  /** Whether it has a column or table that not every version of Zulip has. */
  has(optional: Optional): boolean;
}

/** Shapes by the adapter of Kysely, which a database and its transactions share. */
const shapes = new WeakMap<object, Promise<Shape>>();

/**
 * What a database is. It is looked up at the first call for a connection, which `openDatabase` makes,
 * so that it never is within a transaction.
 *
 * @throws {DatabaseError} When the database cannot be reached or read.
 */
export function shapeOf(db: Kysely<Tables>): Promise<Shape> {
  const { adapter } = db.getExecutor();
  const known = shapes.get(adapter);
  if (known) return known;
  const shape = findShape(db);
  shapes.set(adapter, shape);
  shape.catch(() => shapes.delete(adapter));
  return shape;
}

async function findShape(db: Kysely<Tables>): Promise<Shape> {
  const kind = await databaseKind(db);
  if (kind === "own") return { kind, has: () => true };
  const has = await presentColumns(db);
  return { kind, has: (optional) => has.has(optional) };
}

/**
 * Who makes the tables of a database. Django keeps its migrations in `django_migrations`, in the
 * schema of the search path that has Zulip's tables.
 *
 * @throws {DatabaseError} When the database cannot be reached, or the user may not read that table.
 */
export async function databaseKind(db: Kysely<Tables>): Promise<DatabaseKind> {
  if (!isPostgres(db)) return "own";
  const { rows: [found] } = await sql<{ here: boolean }>`
    select to_regclass('django_migrations') is not null as here`.execute(db);
  if (!found?.here) return "own";
  const { rows: [applied] } = await sql<{ zulip: boolean }>`
    select exists (select from django_migrations where app = 'zerver') as zulip`.execute(db);
  return applied?.zulip ? "zulip" : "own";
}

/**
 * The schemas that have a Zulip server's tables but are not in the search path, so that a query finds
 * none of them.
 *
 * @throws {DatabaseError} When the database cannot be reached.
 */
export async function hiddenZulip(db: Kysely<Tables>): Promise<string[]> {
  if (!isPostgres(db)) return [];
  const { rows } = await sql<{ schema: string }>`
    select namespace.nspname as schema
    from pg_class as migrations join pg_namespace as namespace on namespace.oid = relnamespace
    where relname = 'django_migrations' and not nspname = any (current_schemas(false))
      and exists (select from pg_class as realm where realm.relname = 'zerver_realm'
        and realm.relnamespace = migrations.relnamespace)
    order by 1`.execute(db);
  return rows.map(({ schema }) => schema);
}

/** Which of the optional columns and tables the search path finds. */
async function presentColumns(db: Kysely<Tables>): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${sql.val([...OPTIONAL])}::text[]) as name
    where to_regclass(split_part(name, '.', 1)) is not null
      and (name not like '%.%' or exists (select from pg_attribute
        where attrelid = to_regclass(split_part(name, '.', 1))
          and attname = split_part(name, '.', 2) and attnum > 0 and not attisdropped))`.execute(db);
  return new Set(rows.map(({ name }) => name));
}
