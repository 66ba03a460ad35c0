/** One limit of time for many promises. @module */

import assert from "node:assert/strict";
import { TOO_LATE } from "../../lib/system/deadline.ts";
import { Deadlines } from "../../lib/system/deadlines.ts";

const FOREVER = 60_000;

Deno.test("what comes in time is the result, also an error, and no timer is left", async () => {
  const deadlines = new Deadlines(FOREVER);
  const rejected = deadlines.within(Promise.reject(new Error("refused")));
  assert.equal(await deadlines.within(Promise.resolve("stored")), "stored");
  await assert.rejects(rejected, /refused/);
});

Deno.test("what does not come is too late, each by its own start", async () => {
  const deadlines = new Deadlines(20);
  const order: string[] = [];
  const wait = async (name: string) => {
    assert.equal(await deadlines.within(new Promise(() => {})), TOO_LATE);
    order.push(name);
  };
  const first = wait("first");
  await new Promise<void>((resolve) => setTimeout(resolve, 2));
  await Promise.all([first, wait("second")]);
  assert.deepEqual(order, ["first", "second"]);
});

Deno.test("the end of one wait does not end another", async () => {
  const deadlines = new Deadlines(20);
  const lost = deadlines.within(new Promise(() => {}));
  assert.equal(await deadlines.within(Promise.resolve("stored")), "stored");
  assert.equal(await lost, TOO_LATE);
});

Deno.test("what is rejected once it is too late is ignored", async () => {
  const deadlines = new Deadlines(1);
  const late = Promise.withResolvers<void>();
  assert.equal(await deadlines.within(late.promise), TOO_LATE);
  late.reject(new Error("late"));
  assert.equal(await deadlines.within(Promise.resolve(1)), 1);
});

Deno.test("a later wait has its own time after an earlier one has ended", async () => {
  const deadlines = new Deadlines(20);
  assert.equal(await deadlines.within(Promise.resolve(1)), 1);
  assert.equal(await deadlines.within(new Promise(() => {})), TOO_LATE);
});
