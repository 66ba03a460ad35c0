/** The lines beside the dashboard's numbers. */

import assert from "node:assert/strict";
import {
  append,
  framed,
  lastOf,
  linesOf,
  NO_HISTORY,
  peakOf,
  sumOf,
  thin,
  wordsOf,
} from "../../../lib/server/dashboard/model/history.js";
import { NIGHT } from "../../../scripts/dashboard/night.ts";

Deno.test("a line has its peak at the top, 0 at the bottom, and gaps where nothing is known", () => {
  const box = { width: 10, height: 12 };
  assert.deepEqual(linesOf([0, 5, 10], box), ["0,11 5,6 10,1"]);
  assert.deepEqual(linesOf([0, null, 10], box), ["0,11", "10,1"]);
  assert.deepEqual(linesOf([0, 0], box), ["0,11 10,11"]);
  assert.deepEqual(linesOf([null], box), []);
  assert.deepEqual(linesOf([5], { ...box, peak: 10 }), ["0,6"]);
});

Deno.test("a line says its last value and its peak", () => {
  const show = (value: number | null) => String(value);
  assert.equal(wordsOf([1, 41, 3, null], show, "a second"), "last 3, peak 41 a second");
  assert.equal(wordsOf([0, 0], show, ""), "none in 30 minutes");
  assert.equal(wordsOf([null], show, ""), "not known");
  assert.deepEqual([peakOf([]), lastOf([]), lastOf([1, null])], [null, null, 1]);
});

Deno.test("a thinned line has the means of its pieces", () => {
  assert.deepEqual(thin([1, 3, 5, null, null, null], 3), [2, 5, null]);
  assert.deepEqual(thin([1, 2], 3), [1, 2]);
});

Deno.test("a line of a few minutes is at the right end of its 30 minutes", () => {
  const line = framed([1, 2]);
  assert.deepEqual([line.length, line.slice(-3)], [180, [null, 1, 2]]);
  assert.equal(framed(line).length, 180);
});

Deno.test("lines of shards are added from their ends", () => {
  assert.deepEqual(sumOf([[1, 2, 3], [10]]), [1, 2, 13]);
  assert.deepEqual(sumOf([[null, 1], [null, null]]), [null, 1]);
  assert.deepEqual(sumOf([]), []);
});

Deno.test("a history grows by a point each 10 s, to 30 minutes", () => {
  const at = (seconds: number) => new Date(NIGHT + seconds * 1000).toISOString();
  let history = append(NO_HISTORY, { ready: 1 }, at(0), 10);
  history = append(history, { ready: 2 }, at(4), 10);
  history = append(history, { ready: 3 }, at(10), 10);
  history = append(history, { ready: 4 }, null, 10);
  assert.deepEqual([history.ready, history.rate], [[1, 3], [null, null]]);
  for (let index = 2; index < 400; index++) {
    history = append(history, { ready: index }, at(index * 10), 10);
  }
  assert.deepEqual([history.ready.length, history.ready.at(-1)], [180, 399]);
});
