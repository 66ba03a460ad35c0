/**
 * The pure parts of the benchmark of repairs.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  aloneRow,
  besideRows,
  type Doing,
  isUndisturbed,
  processedIn,
  together,
} from "../../scripts/bench/bystander.ts";
import { percentile } from "../../scripts/bench/latencies.ts";
import { readRow } from "../../scripts/bench/rows.ts";

const ALONE: Doing = { perSecond: 800, probes: [1, 2, 3] };

Deno.test("what a process does beside a repair is compared with what it does alone", () => {
  assert.deepEqual(besideRows("a retry", { perSecond: 760, probes: [1, 4, 49.9] }, ALONE), [
    "/livez beside a retry          p99 49.9 ms, max 49.9 ms of 3 calls (under 50 ms)",
    "consumed beside a retry        760 events/s, 0.95 of 800 alone (at least 0.9)",
  ]);
  assert.deepEqual(besideRows("a retry", { perSecond: 400, probes: [1, 50] }, ALONE), [
    "/livez beside a retry          p99 50.0 ms, max 50.0 ms of 2 calls (under 50 ms) OUT OF BOUNDS",
    "consumed beside a retry        400 events/s, 0.50 of 800 alone (at least 0.9) OUT OF BOUNDS",
  ]);
});

Deno.test("each row of a repair can be saved and compared", () => {
  const rows = [aloneRow(ALONE), ...besideRows("a retry", ALONE, ALONE)];
  for (const row of rows) assert(readRow(row), row);
});

Deno.test("a process is undisturbed when every probe is prompt and its rate holds", () => {
  const table: [perSecond: number, probes: number[], isGood: boolean][] = [
    [720, [1, 49], true],
    [719, [1, 49], false],
    [800, [1, 50], false],
    [800, [], false],
    [0, [1], false],
    [NaN, [1], false],
  ];
  for (const [perSecond, probes, isGood] of table) {
    assert.equal(isUndisturbed({ perSecond, probes }, ALONE), isGood, `${perSecond} ${probes}`);
  }
});

Deno.test("what a process does alone is what it did in all times alone", () => {
  const after = { perSecond: 600, probes: [9] };
  assert.deepEqual(together([ALONE, after]), { perSecond: 700, probes: [1, 2, 3, 9] });
});

Deno.test("the processed events are counted over all queues, and no other outcomes", () => {
  const metrics = `# TYPE process_queue_events_total counter
process_queue_events_total{queue="a",outcome="processed"} 12
process_queue_events_total{queue="a",outcome="failed"} 5
process_queue_events_total{queue="b",outcome="processed"} 3
process_queue_events_in_flight{queue="a"} 7
`;
  assert.equal(processedIn(metrics), 15);
  assert.equal(processedIn(""), 0);
});

Deno.test("a percentile is one of the values; 100 is the greatest", () => {
  const values = [3, 1, 2, 4];
  const found = [0, 50, 99, 100].map((percent) => percentile(values, percent));
  assert.deepEqual(found, [1, 3, 4, 4]);
  assert(Number.isNaN(percentile([], 50)));
});
