import assert from "node:assert/strict";
import { PostgresStatements } from "../../../lib/domain/database/postgres_statements.ts";

Deno.test("a statement that comes again and again is kept, by the same name", () => {
  const statements = new PostgresStatements();
  const names = Array.from({ length: 5 }, () => statements.nameOf("select $1", 1));
  assert.deepEqual(names, [undefined, undefined, names[2], names[2], names[2]]);
  assert(names[2]);
  for (let i = 0; i < 2; i++) statements.nameOf("select $1, 2", 1);
  assert.notEqual(statements.nameOf("select $1, 2", 1), names[2]);
});

Deno.test("what cannot be prepared or rarely comes again is not kept", () => {
  const statements = new PostgresStatements();
  const long = `select $1${" ".repeat(5000)}`;
  for (let i = 0; i < 5; i++) {
    assert.equal(statements.nameOf("select 1; select 2", 0), undefined);
    assert.equal(statements.nameOf(long, 1), undefined);
  }
});

Deno.test("the statements that a server keeps are bounded", () => {
  const statements = new PostgresStatements();
  const names = new Set<string | undefined>();
  for (let i = 0; i < 1000; i++) {
    for (let times = 0; times < 5; times++) names.add(statements.nameOf(`select ${i}, $1`, 1));
  }
  assert.equal(names.size, 201);
});

Deno.test("after a statement was lost none is kept any more", () => {
  const statements = new PostgresStatements();
  for (let i = 0; i < 3; i++) statements.nameOf("select $1", 1);
  statements.forget();
  for (let i = 0; i < 5; i++) assert.equal(statements.nameOf("select $1", 1), undefined);
});

Deno.test("a name is that of one statement, also in a process that met others before it", () => {
  const kept = (texts: readonly string[]) => {
    const statements = new PostgresStatements();
    for (let i = 0; i < 3; i++) texts.map((text) => statements.nameOf(text, 1));
    return texts.map((text) => statements.nameOf(text, 1));
  };
  const [one, other] = kept(["update a set b = $1", "delete from a where b = $1"]);
  assert(one && other);
  assert.deepEqual(kept(["delete from a where b = $1", "update a set b = $1"]), [other, one]);
  // PostgreSQL cuts longer names.
  assert(one.length < 64);
});
