import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { SqliteStatements } from "../../../lib/domain/database/sqlite_statements.ts";
import { openTestDatabase } from "../../../lib/testing.ts";

/** Statements of an empty database, and the texts of those that were prepared. */
function statements(): { readonly kept: SqliteStatements; readonly prepared: string[] } {
  const db = new DatabaseSync(":memory:");
  const prepared: string[] = [];
  const prepare = (text: string) => {
    prepared.push(text);
    return db.prepare(text);
  };
  return { kept: new SqliteStatements({ prepare }), prepared };
}

Deno.test("a statement that comes again is prepared once", () => {
  const { kept, prepared } = statements();
  assert.equal(kept.prepare("select 1"), kept.prepare("select 1"));
  kept.prepare("select 2");
  assert.deepEqual(prepared, ["select 1", "select 2"]);
});

Deno.test("of many statements those are kept that were used last, and none that is long or has a *", () => {
  const { kept, prepared } = statements();
  for (let n = 0; n < 120; n++) {
    kept.prepare("select -1");
    kept.prepare(`select ${n}`);
  }
  assert.equal(prepared.length, 121);
  kept.prepare("select 119");
  kept.prepare("select -1");
  assert.equal(prepared.length, 121);
  kept.prepare("select 0");
  assert.equal(prepared.length, 122);
  const long = `select '${"x".repeat(3_000)}'`;
  for (const text of [long, long, "select count(*)", "select count(*)"]) kept.prepare(text);
  assert.equal(prepared.length, 126);
});

Deno.test("a statement that comes again sees tables that have changed since", async () => {
  await using db = await openTestDatabase();
  const rows = async () => (await sql`select * from thing`.execute(db)).rows;
  const ids = async () => (await sql`select id from thing`.execute(db)).rows;
  await sql`create table thing (id integer)`.execute(db);
  await sql`insert into thing values (1)`.execute(db);
  assert.deepEqual([await rows(), await ids()], [[{ id: 1 }], [{ id: 1 }]]);
  await sql`alter table thing add column size bigint default 9007199254740993`.execute(db);
  assert.deepEqual(await rows(), [{ id: 1, size: 9007199254740993n }]);
  assert.deepEqual(await ids(), [{ id: 1 }]);
  await sql`drop table thing`.execute(db);
  await sql`create table thing (name text)`.execute(db);
  assert.deepEqual(await rows(), []);
  await assert.rejects(ids(), /no such column: id/);
});
