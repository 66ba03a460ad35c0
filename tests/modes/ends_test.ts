import assert from "node:assert/strict";
import { Ends } from "../../lib/modes/run/ends.ts";

/** The longest time a timer may have, in ms: longer ones fire at once. */
const MOST_MS = 2 ** 31 - 1;

Deno.test("--max_seconds may be longer than a timer", async () => {
  const { setTimeout } = globalThis;
  const waits: number[] = [];
  globalThis.setTimeout = ((fire: () => void, ms: number) => {
    waits.push(ms);
    return setTimeout(fire, 0);
  }) as typeof setTimeout;
  try {
    using ends = new Ends();
    ends.after(1e9);
    assert.equal(await ends.first, "max-seconds");
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert(waits.every((ms) => ms <= MOST_MS));
  assert.equal(waits.reduce((sum, ms) => sum + ms, 0), 1e12);
});
