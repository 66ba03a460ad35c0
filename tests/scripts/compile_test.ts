/** What the binary may do, and the errors of making it. */

import assert from "node:assert/strict";
import { isRuntimeMissing, PERMISSIONS, problemOf } from "../../scripts/compile.ts";

Deno.test("the binary may use the network, files, its environment, start itself, and nothing else", () => {
  assert.deepEqual(PERMISSIONS, ["net", "read", "write", "env", "sys", "run"]);
});

Deno.test("an error about a runtime that cannot be downloaded says what to do", () => {
  const text = problemOf("error: error sending request for url (denort-x86_64.zip): dns error");
  assert.match(
    text,
    /could not be downloaded: .* set the variable DENORT_BIN to the path of its file$/s,
  );
  assert.doesNotMatch(problemOf("error: Type checking failed."), /DENORT_BIN/);
  assert.equal(isRuntimeMissing("error: Type checking failed."), false);
});
