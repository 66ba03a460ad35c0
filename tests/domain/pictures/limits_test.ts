import assert from "node:assert/strict";
import { framesWithin, tooLarge } from "../../../lib/domain/pictures/limits.ts";

const SIZES: readonly [width: number, height: number, frames: number, reason?: string][] = [
  [9000, 10_000, 1],
  [9001, 10_000, 1, "it has 9001x10000; the limit is 90 million pixels"],
  [30_000, 30_000, 1, "it has 30000x30000; the limit is 90 million pixels"],
  [5000, 3000, 2],
  [5001, 3000, 2, "it has 5001x3000 and 2 frames; the limit is 30 million pixels in 2 frames"],
  [4000, 2500, 3],
  [4000, 2500, 100_000],
  [4001, 2500, 4, "it has 4001x2500 and 4 frames; the limit is 30 million pixels in 3 frames"],
];

for (const [width, height, frames, reason] of SIZES) {
  Deno.test(`a picture of ${width}x${height} with ${frames} frames is ${reason ? "not " : ""}decoded`, () => {
    assert.equal(tooLarge({ width, height, frames }), reason);
  });
}

const FRAMES: readonly [width: number, height: number, frames: number, within: number][] = [
  [100, 100, 1, 1],
  [1000, 1000, 29, 29],
  [1000, 1000, 30, 30],
  [1000, 1000, 31, 30],
  [1000, 700, 100, 42],
  [4000, 2500, 10, 3],
  [10, 10, 5000, 1000],
];

for (const [width, height, frames, within] of FRAMES) {
  Deno.test(`of ${frames} frames of ${width}x${height}, ${within} are in the thumbnail`, () => {
    assert.equal(framesWithin({ width, height, frames }), within);
  });
}
