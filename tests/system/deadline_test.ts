import assert from "node:assert/strict";
import { TOO_LATE, unlessAborted, within } from "../../lib/system/deadline.ts";

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

Deno.test("unlessAborted returns the result, or rejects, of a promise that ends in time", async () => {
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve(3), signal), 3);
  await assert.rejects(unlessAborted(Promise.reject(new Error("no")), signal), /^Error: no$/);
});

Deno.test("unlessAborted gives up at the signal, and ignores a later rejection", async () => {
  const stop = new AbortController();
  const { promise, reject } = Promise.withResolvers<void>();
  const waited = unlessAborted(promise, stop.signal);
  stop.abort();
  assert.equal(await waited, undefined);
  assert.equal(await unlessAborted(promise, stop.signal), undefined);
  reject(new Error("later"));
});

Deno.test("unlessAborted waits longer after the signal where it may", async () => {
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<number>();
  const waited = unlessAborted(promise, stop.signal, 60_000);
  stop.abort();
  resolve(3);
  assert.equal(await waited, 3);
});
