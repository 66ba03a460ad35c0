import assert from "node:assert/strict";
import { OpenedOnce } from "../../lib/system/opened_once.ts";

/** Counts how often it is opened and closed. */
class Counts {
  opened = 0;
  closed = 0;

  /** Fails the first `failures` times. */
  once(failures = 0): OpenedOnce<AsyncDisposable> {
    return new OpenedOnce(() => {
      this.opened++;
      if (this.opened <= failures) return Promise.reject(new Error("away"));
      return Promise.resolve({
        [Symbol.asyncDispose]: () => Promise.resolve(void this.closed++),
      });
    });
  }
}

Deno.test("what is opened once is shared by all who ask, and closed once", async () => {
  const counts = new Counts();
  const resource = counts.once();
  const [one, other] = await Promise.all([resource.get(), resource.get()]);
  assert.equal(one, other);
  await resource[Symbol.asyncDispose]();
  await resource[Symbol.asyncDispose]();
  assert.deepEqual({ ...counts }, { opened: 1, closed: 1 });
});

Deno.test("what could not be opened is opened again at the next call", async () => {
  const counts = new Counts();
  await using resource = counts.once(1);
  await assert.rejects(resource.get(), /^Error: away$/);
  await resource.get();
  assert.equal(counts.opened, 2);
});

Deno.test("closing opens nothing, and waits for what is being opened", async () => {
  const unused = new Counts();
  await unused.once()[Symbol.asyncDispose]();
  assert.equal(unused.opened, 0);
  const counts = new Counts();
  const resource = counts.once();
  void resource.get();
  await resource[Symbol.asyncDispose]();
  assert.equal(counts.closed, 1);
});

Deno.test("closing ignores that it could not be opened", async () => {
  const counts = new Counts();
  const resource = counts.once(1);
  const failed = assert.rejects(resource.get());
  await resource[Symbol.asyncDispose]();
  await failed;
  assert.equal(counts.closed, 0);
});
