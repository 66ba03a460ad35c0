import assert from "node:assert/strict";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { isConnectionFault, postgresError } from "../../../lib/domain/database/postgres_error.ts";

const WHERE = "db:5432/zulip";

/** An error as the server sends it. */
function failure(code: string): Error {
  return Object.assign(new Error("it failed"), { code, severity: "ERROR" });
}

/** The kind of fault by SQLSTATE. */
const KINDS: Record<string, readonly string[]> = {
  unreachable: ["08006", "57P01", "57P02", "57P03", "57P05", "58030"],
  login: ["28P01", "28000"],
  "missing-database": ["3D000"],
  "missing-table": ["42P01"],
  schema: ["42703", "42P10"],
  permission: ["42501", "25006", "3F000"],
  busy: ["55P03", "57014"],
  conflict: ["40001", "40P01"],
  full: ["53100", "53200", "53300"],
};

for (const [kind, states] of Object.entries(KINDS)) {
  Deno.test(`postgresError recognizes ${kind} by its SQLSTATE`, () => {
    for (const state of states) {
      const cause = failure(state);
      const error = postgresError(cause, WHERE);
      assert.ok(error instanceof DatabaseError, state);
      assert.deepEqual([error.kind, error.cause], [kind, cause], state);
      assert.match(error.message, /db:5432\/zulip.*\(it failed\): .+\.$/, state);
      assert.equal(isConnectionFault(cause), kind === "unreachable");
    }
  });
}

Deno.test("postgresError says what the server has run out of", () => {
  const { message } = postgresError(failure("53100"), WHERE) as DatabaseError;
  assert.equal(
    message,
    "PostgreSQL at db:5432/zulip has run out of a resource (it failed): give it disk, memory or connections.",
  );
});

Deno.test("postgresError says that a table is missing", () => {
  const { message } = postgresError(failure("42P01"), WHERE) as DatabaseError;
  assert.equal(
    message,
    "The database db:5432/zulip lacks a table (it failed): run `process-queue migrate`.",
  );
});

Deno.test("postgresError returns an error of the data, or of the program, as it is", () => {
  const others = [
    ...["23503", "23505", "22003", "22021", "54000", "XX000"].map(failure),
    new TypeError("no"),
    "text",
  ];
  for (const other of others) assert.equal(postgresError(other, WHERE), other);
});

Deno.test("postgresError recognizes a lost connection and failed TLS by errors that are not the server's", () => {
  const cases: [Error, string, string][] = [
    [
      new Error("Connection terminated unexpectedly"),
      "unreachable",
      "(Connection terminated unexpectedly)",
    ],
    [Object.assign(new Error(""), { code: "ECONNRESET" }), "unreachable", "(ECONNRESET)"],
    [new AggregateError([new Error("no v6"), new Error("no v4")]), "unreachable", "(no v6; no v4)"],
    [new Error("self-signed certificate"), "tls", "(self-signed certificate)"],
  ];
  for (const [cause, kind, detail] of cases) {
    const error = postgresError(cause, WHERE) as DatabaseError;
    assert.equal(error.kind, kind);
    assert.ok(error.message.includes(detail), error.message);
  }
});

Deno.test("postgresError does not advise migrate for a table that is not the program's", () => {
  const messageOf = (table: string) => {
    const text = `relation "${table}" does not exist`;
    const error = Object.assign(failure("42P01"), { message: text });
    return (postgresError(error, WHERE) as DatabaseError).message;
  };
  assert.match(messageOf("orders"), /: make it, as it is not of this program, or set DATABASE_URL/);
  assert.match(messageOf("public.process_queue_inbox"), /: run `process-queue migrate`\.$/);
  assert.match(
    messageOf("zerver_device"),
    /: run `process-queue migrate`, or upgrade the Zulip server whose database it is\.$/,
  );
});

Deno.test("postgresError recognizes a plan that no longer fits in any language", () => {
  const stale = new Error("gecachter Plan darf den Ergebnistyp nicht ändern");
  Object.assign(stale, { code: "0A000", severity: "FEHLER", routine: "RevalidateCachedQuery" });
  const error = postgresError(stale, WHERE);
  assert.ok(error instanceof DatabaseError);
  assert.equal(error.kind, "conflict");
  const other = failure("0A000");
  assert.equal(postgresError(other, WHERE), other);
});
