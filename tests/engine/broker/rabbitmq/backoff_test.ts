import assert from "node:assert/strict";
import { Backoff } from "../../../../lib/engine/broker/rabbitmq/backoff.ts";

const MANY = 200;

/** The longest and the shortest of many waits of the same attempt. */
function spread(place: number): { readonly least: number; readonly most: number } {
  const waits = Array.from({ length: MANY }, () => {
    const backoff = new Backoff(100, 1000);
    for (let i = 0; i < place; i++) backoff.next();
    return backoff.next();
  });
  return { least: Math.min(...waits), most: Math.max(...waits) };
}

Deno.test("Backoff doubles the limit of a wait up to a maximum, and takes any time below it", () => {
  for (const [place, limit] of [[0, 100], [1, 200], [2, 400], [3, 800], [4, 1000], [50, 1000]]) {
    const { least, most } = spread(place ?? 0);
    assert(most <= (limit ?? 0) && most > (limit ?? 0) / 2, `${place}: ${most} ms`);
    assert(least < (limit ?? 0) / 4, `${place}: ${least} ms`);
  }
});

Deno.test("Backoff waits shortly again after a success", () => {
  const backoff = new Backoff(100, 1000);
  for (let i = 0; i < 9; i++) backoff.next();
  backoff.reset();
  assert(backoff.next() <= 100);
});

Deno.test("Backoff stops waiting when its signal is aborted", async () => {
  const stop = new AbortController();
  const waited = new Backoff(3_600_000, 3_600_000).wait(stop.signal);
  stop.abort();
  await waited;
  await new Backoff(3_600_000, 3_600_000).wait(stop.signal);
});
