/**
 * The pure parts of the benchmark of pushes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseOptions } from "../../scripts/bench/options.ts";
import { isFastEnough, type PushRounds, pushRows } from "../../scripts/bench/push.ts";

function roundsOf(bare: readonly number[], transport: readonly number[]): PushRounds {
  const rates = (all: readonly number[]) =>
    all.map((perSecond) => ({ perSecond, cpuMicros: 1e6 / perSecond }));
  return { bare: rates(bare), transport: rates(transport) };
}

Deno.test("the transport of pushes is compared with the bare loop within each round", () => {
  assert.deepEqual(pushRows(roundsOf([1000, 2000], [900, 1600])), [
    "push bare          1500 pushes/s    750 µs CPU/push",
    "push transport     1250 pushes/s    868 µs CPU/push  0.85 of bare (0.80-0.90, at least 0.8)",
  ]);
  assert.match(pushRows(roundsOf([1000], [790]))[1] ?? "", /at least 0\.8\) OUT OF BOUNDS$/);
});

Deno.test("the transport of pushes must be fast enough", () => {
  assert.equal(isFastEnough(roundsOf([1000, 1000], [800, 800])), true);
  assert.equal(isFastEnough(roundsOf([1000, 1000], [790, 790])), false);
  assert.equal(isFastEnough(roundsOf([], [])), false);
});

Deno.test("the benchmark of pushes has options of its own", () => {
  const { alone, events } = parseOptions(["push"], "/");
  assert.deepEqual([alone, events], ["push", 10_000]);
  assert.equal(parseOptions(["mail"], "/").alone, "mail");
  assert.throws(() => parseOptions(["push", "--against", "."], "/"), {
    message: "push cannot be used with --against FOLDER, only with the file of a saved run",
  });
});
