import assert from "node:assert/strict";
import { TOO_LATE, within } from "../../lib/system/deadline.ts";

Deno.test("within answers what a promise is kept with", async () => {
  assert.equal(await within(60_000, Promise.resolve(3)), 3);
});

Deno.test("within passes on why a promise was broken", async () => {
  await assert.rejects(within(60_000, Promise.reject(new Error("no"))), /^Error: no$/);
});

Deno.test("within waits no longer than it may, and ignores what comes later", async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  assert.equal(await within(1, promise), TOO_LATE);
  reject(new Error("later"));
});
