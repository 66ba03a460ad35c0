import assert from "node:assert/strict";
import { TOO_LATE, within } from "../../lib/system/deadline.ts";

Deno.test("within returns the result of a promise", async () => {
  assert.equal(await within(60_000, Promise.resolve(3)), 3);
});

Deno.test("within rejects like the promise", async () => {
  await assert.rejects(within(60_000, Promise.reject(new Error("no"))), /^Error: no$/);
});

Deno.test("within gives up after its time, and ignores a later rejection", async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  assert.equal(await within(1, promise), TOO_LATE);
  reject(new Error("later"));
});
