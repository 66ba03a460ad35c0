/**
 * The tables that our migrations make are those of a Zulip server.
 *
 * @module
 */

import assert from "node:assert/strict";
import { sql } from "kysely";
import {
  connectDatabase,
  type Database,
  migrateDatabase,
} from "../../../lib/domain/database/database.ts";
import { createZulip, makeNewer, zulipUrl } from "../../fixtures/database/shapes.ts";
import { postgresTest } from "../../servers.ts";

/** A table, and what is said of one of its columns, indexes or constraints. */
interface Fact {
  readonly table: string;
  readonly fact: string;
  /** The name of an index or a constraint. */
  readonly name: string;
}

/** Our `zerver_useractivity` is that of the first migration, without keys and indexes. */
const BARE = "zerver_useractivity";

/** What is left out of a database of our own. */
const NOT_OURS = /REFERENCES (zerver_channelfolder|django_content_type)\(/;

async function columns(db: Database, schema: string): Promise<Fact[]> {
  const { rows } = await sql<Fact>`
    select relname as table, attname as name,
      concat_ws(' ', attname, format_type(atttypid, atttypmod),
        case when attnotnull then 'not null' end, nullif(attidentity::text, ''),
        'default ' || pg_get_expr(adbin, adrelid)) as fact
    from pg_attribute join pg_class on pg_class.oid = attrelid
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where relnamespace = ${schema}::regnamespace and relkind = 'r'
      and attnum > 0 and not attisdropped`.execute(db);
  return rows;
}

async function indexes(db: Database, schema: string): Promise<Fact[]> {
  const { rows } = await sql<Fact>`
    select tablename as table, indexname as name,
      regexp_replace(indexdef, 'INDEX .* USING', 'INDEX USING') as fact
    from pg_indexes where schemaname = ${schema}`.execute(db);
  return rows.filter(({ table }) => table !== BARE);
}

async function constraints(db: Database, schema: string): Promise<Fact[]> {
  const { rows } = await sql<Fact>`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as fact
    from pg_constraint
    where connamespace = ${schema}::regnamespace and contype in ('c', 'f', 'p', 'u')`.execute(db);
  return rows
    .map(({ table, name, fact }) => ({ table: bare(table), name, fact: bare(fact) }))
    .filter(({ table, fact }) => table !== BARE && !NOT_OURS.test(fact));
}

/** A name without its schema. */
function bare(text: string): string {
  return text.replaceAll(/\b(zulip|public)\./g, "");
}

type Facts = (db: Database, schema: string) => Promise<Fact[]>;

/** What both schemas say, of the tables that both have. */
async function bothSay(db: Database, facts: Facts): Promise<[own: string[], zulip: string[]]> {
  const [own, zulip] = [await columns(db, "public"), await columns(db, "zulip")];
  const columnsOf = (some: Fact[]) => new Set(some.map(({ table, name }) => `${table}.${name}`));
  const [ownColumns, zulipColumns] = [columnsOf(own), columnsOf(zulip)];
  const tables = new Set(zulip.map(({ table }) => table));
  const missing = [...ownColumns].filter((column) => !zulipColumns.has(column));
  const said = (some: Fact[]) =>
    some.filter(({ table }) => tables.has(table) && own.some((column) => column.table === table))
      .map(({ table, fact }) => `${table}: ${fact}`)
      .filter((line) => !missing.some((column) => isAbout(line, column))).sort();
  return [said(await facts(db, "public")), said(await facts(db, "zulip"))];
}

/** Whether a line is about a column that a server lacks. */
function isAbout(line: string, column: string): boolean {
  const [table, name] = column.split(".");
  return line.startsWith(`${table}: `) &&
    new RegExp(`\\b${name}\\b`).test(line.split("REF")[0] ?? "");
}

/** The names that the server's own files give to indexes and constraints. */
async function givenNames(): Promise<string[]> {
  const folder = new URL("../../fixtures/zulip/", import.meta.url);
  const files = await Promise.all(
    ["people", "messages", "records", "newer"].map((file) =>
      Deno.readTextFile(new URL(`${file}.sql`, folder))
    ),
  );
  const given = files.join("\n").matchAll(/(?:^create (?:unique )?index|constraint) (\w+_\w+)/gm);
  return [...given].map(([, name]) => name ?? "");
}

async function assertSame(db: Database): Promise<void> {
  for (const facts of [columns, indexes, constraints]) {
    const [own, zulip] = await bothSay(db, facts);
    assert.deepEqual(own.filter((line) => !zulip.includes(line)), [], "only ours");
    assert.deepEqual(zulip.filter((line) => !own.includes(line)), [], "only Zulip's");
    assert.equal(own.length, zulip.length);
    assert.ok(own.length > 100);
  }
}

postgresTest("our tables have a Zulip server's columns, indexes and constraints", async ({
  url,
}) => {
  await migrateDatabase(url);
  await createZulip(url);
  await using db = await connectDatabase(zulipUrl(url));
  await assertSame(db);
  await makeNewer(db);
  await assertSame(db);
  const all = [...await indexes(db, "public"), ...await constraints(db, "public")];
  const names = new Set(all.map(({ name }) => name));
  assert.deepEqual((await givenNames()).filter((name) => !names.has(name)), []);
});
