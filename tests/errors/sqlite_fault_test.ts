import assert from "node:assert/strict";
import { isLocked, sqliteFault, statementFault } from "../../lib/errors/sqlite_fault.ts";

function failure(errcode: number): Error {
  return Object.assign(new Error("it failed"), { code: "ERR_SQLITE_ERROR", errcode });
}

Deno.test("isLocked recognizes the locks of other connections, whatever the extended code", () => {
  const codes = [5, 6, 15, 261, 517, 1, 19];
  assert.deepEqual(codes.map((code) => isLocked(failure(code))), [
    ...[true, true, true, true, true],
    ...[false, false],
  ]);
});

Deno.test("sqliteFault recognizes a file that cannot be opened, for which there is no code", () => {
  assert.equal(sqliteFault(new Error("unable to open database file: /x")), "not opened");
  assert.equal(sqliteFault(new Deno.errors.NotADirectory("/x")), "not opened");
  assert.equal(statementFault(new Deno.errors.NotADirectory("/x")), undefined);
});

Deno.test("sqliteFault leaves errors of the data and of other code alone", () => {
  for (const other of [failure(19), failure(2067), new TypeError("no"), "text", undefined]) {
    assert.equal(sqliteFault(other), undefined);
  }
});
