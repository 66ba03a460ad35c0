/**
 * Half a minute of the crash suite on the embedded broker.
 *
 * @module
 */

import assert from "node:assert/strict";
import { assertGood, crashed } from "../fixtures/crash.ts";

Deno.test("no fault of a process loses a confirmed event in half a minute on the embedded broker", async () => {
  const result = await crashed({ seconds: 30, seed: 12 });
  assertGood(result);
  const kinds = result.recoveries.map(({ kind }) => kind);
  for (const kind of ["SIGKILL", "handler loops", "heap is full"]) {
    assert.ok(kinds.includes(kind), `${kind} was not among ${kinds}`);
  }
});
