import assert from "node:assert/strict";
import { RateLimit } from "../../../lib/server/realtime/rate_limit.ts";

Deno.test("a limit holds for each key until its window is over", () => {
  let now = 0;
  const limit = new RateLimit(2, 60, () => now);
  const add = (key: string) => {
    limit.add(key);
    return limit.waitSeconds(key);
  };
  assert.deepEqual([limit.waitSeconds("a"), add("a"), add("a"), add("b")], [0, 0, 60, 0]);
  now = 59_000;
  assert.equal(limit.waitSeconds("a"), 1);
  now = 60_000;
  assert.deepEqual([limit.waitSeconds("a"), add("a"), add("a")], [0, 0, 60]);
});

Deno.test("so many keys are counted, and of more the oldest is forgotten", () => {
  const limit = new RateLimit(1, 60, () => 0);
  for (let n = 0; n < 20_001; n++) limit.add(String(n));
  assert.deepEqual(["0", "1", "20000"].map((key) => limit.waitSeconds(key)), [0, 60, 60]);
});
