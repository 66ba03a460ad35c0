import assert from "node:assert/strict";
import { type NextPass, nextPass, type PassEnd } from "../../../lib/engine/host/next_pass.ts";

const TABLE: readonly [
  end: PassEnd,
  everySeconds: number,
  failures: number,
  waitSeconds: number,
  failures: number,
][] = [
  ["more", 10, 0, 0, 0],
  ["more", 10, 3, 0, 0],
  ["done", 10, 0, 10, 0],
  ["done", 10, 3, 10, 0],
  ["failed", 10, 0, 10, 1],
  ["failed", 10, 1, 20, 2],
  ["failed", 10, 4, 160, 5],
  ["failed", 10, 5, 300, 6],
  ["failed", 10, 5000, 300, 5001],
  ["failed", 0.5, 1, 1, 2],
  ["failed", 3600, 0, 3600, 1],
  ["failed", 3600, 7, 3600, 8],
];

for (const [end, everySeconds, before, waitSeconds, failures] of TABLE) {
  const title = `after a pass that is ${end}, every ${everySeconds} s, with ${before} failures ` +
    `before it, the next begins in ${waitSeconds} s`;
  Deno.test(title, () => {
    const expected: NextPass = { waitSeconds, failures };
    assert.deepEqual(nextPass(end, everySeconds, before), expected);
  });
}
