import assert from "node:assert/strict";
import { PARENT_PID, stopGraceSeconds, whenParentEnds } from "../../../lib/modes/watch/parent.ts";
import { until } from "../../fixtures/until.ts";

Deno.test("whenParentEnds stops once when another process is the parent", async () => {
  let stops = 0;
  // This process is not its own parent.
  Deno.env.set(PARENT_PID, String(Deno.pid));
  using _check = whenParentEnds(() => stops++);
  assert.equal(Deno.env.get(PARENT_PID), undefined);
  await until("it stops", () => stops > 0);
  assert.equal(stops, 1);
});

Deno.test("whenParentEnds does nothing in a process that is no child of --watch", () => {
  using _check = whenParentEnds(() => assert.fail("it stops"));
});

Deno.test("a child of --watch gives running events the time until the second signal of its parent", () => {
  assert.equal(stopGraceSeconds(25), 25);
  Deno.env.set(PARENT_PID, "1");
  try {
    assert.deepEqual([stopGraceSeconds(25), stopGraceSeconds(0.1)], [0.5, 0.1]);
  } finally {
    Deno.env.delete(PARENT_PID);
  }
});
