import assert from "node:assert/strict";
import { DatabaseError } from "../../../lib/domain/database/database_error.ts";
import { sqliteError } from "../../../lib/domain/database/sqlite_error.ts";

function failure(errcode: number, message = "it failed"): Error {
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode });
}

const FAULTS: Record<string, [code: number, kind: string, says: string]> = {
  PERM: [
    3,
    "permission",
    "cannot be written: let the user who runs the program write the file and its folder, or set DATABASE_URL to another place",
  ],
  BUSY: [5, "busy", "is locked by another process: check what else uses it"],
  BUSY_SNAPSHOT: [517, "busy", "is locked by another process: check what else uses it"],
  LOCKED: [6, "busy", "is locked by another process: check what else uses it"],
  NOMEM: [7, "full", "cannot be used, the program is out of memory: give it more"],
  READONLY_DBMOVED: [
    1032,
    "permission",
    "cannot be written: let the user who runs the program write the file and its folder, or set DATABASE_URL to another place",
  ],
  IOERR_FSYNC: [1034, "unreachable", "cannot be read or written: check that its disk works"],
  CORRUPT: [11, "damaged", "is damaged: restore it from a backup, or move it away"],
  FULL: [13, "full", "cannot grow, the disk is full: free some space"],
  CANTOPEN: [
    14,
    "permission",
    "cannot be opened or created: DATABASE_URL must name a file in a folder where the user who runs the program may write",
  ],
  NOTADB: [26, "damaged", "is a file of another kind: set DATABASE_URL to another place"],
};

for (const [name, [code, kind, says]] of Object.entries(FAULTS)) {
  Deno.test(`sqliteError says what SQLITE_${name} means`, () => {
    const cause = failure(code);
    const error = sqliteError(cause, "/var/pq.sqlite");
    assert.ok(error instanceof DatabaseError);
    assert.equal(error.kind, kind);
    assert.equal(error.message, `The SQLite database /var/pq.sqlite ${says} (it failed).`);
    assert.equal(error.cause, cause);
  });
}

Deno.test("sqliteError returns an error of the data, or of no database, as it is", () => {
  const others = [
    failure(19),
    failure(2067),
    failure(18),
    failure(20),
    new TypeError("no"),
    "text",
  ];
  for (const other of others) assert.equal(sqliteError(other, "/var/pq.sqlite"), other);
});

Deno.test("a missing table that is not the program's does not advise migrate", () => {
  const messageOf = (table: string) =>
    (sqliteError(failure(1, `no such table: ${table}`), "/db") as DatabaseError).message;
  assert.equal(
    messageOf("orders"),
    "The SQLite database /db lacks a table: make it, as it is not of this program, or set " +
      "DATABASE_URL to the database that has it (no such table: orders).",
  );
  assert.match(messageOf("zerver_useractivity"), /: run `process-queue migrate` /);
});
