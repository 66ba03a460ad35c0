/**
 * What becomes of the lines that a benchmark prints: figures, ratios to a saved run, marks.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  busyMark,
  busyWarning,
  type CpuTimes,
  ownTicks,
  parseCpuTimes,
  parseProcess,
  sharesBetween,
} from "../../scripts/bench/busy.ts";
import { growthSentence, type Point } from "../../scripts/bench/growth_sentence.ts";
import { besideSaved, parseSaved, readRow, type Row } from "../../scripts/bench/rows.ts";
import { Sheet } from "../../scripts/bench/sheet.ts";
import { together } from "../../scripts/bench/sqlite_depth.ts";
import { judgeWhole } from "../../scripts/bench/whole_rows.ts";

Deno.test("a printed line is read as a row with its figures", () => {
  const table: [string, Row | undefined][] = [
    ["classic inline              64000 events/s    7.9 µs CPU/event    90 MB peak RSS", {
      name: "classic inline",
      figures: { "events/s": 64_000, "µs CPU/event": 7.9, "MB peak RSS": 90 },
    }],
    ["inline beside bare: rate 0.95, CPU 1.20 (at least 0.9, at most 1.5) OUT OF BOUNDS", {
      name: "inline beside bare",
      figures: { rate: 0.95, CPU: 1.2 },
    }],
    ["first event after 113 ms (under 300)", { name: "first event after", figures: { ms: 113 } }],
    ["14 queues, idle: 459 MB RSS (480 MB at most), 80.1 ms CPU/s", {
      name: "14 queues, idle",
      figures: { "MB RSS": 459, "ms CPU/s": 80.1 },
    }],
    ["everything is within its bounds", undefined],
    ["OUT OF BOUNDS: see above", undefined],
    ["", undefined],
  ];
  for (const [line, row] of table) assert.deepEqual(readRow(line), row);
});

Deno.test("a row has the ratio of each figure to the saved one", () => {
  const row = { name: "classic inline", figures: { "events/s": 110, "µs CPU/event": 9, new: 1 } };
  const before = { name: "classic inline", figures: { "events/s": 100, "µs CPU/event": 10 } };
  assert.equal(besideSaved(row, [before]), "events/s 1.10, µs CPU/event 0.90");
  assert.equal(
    besideSaved(row, [{ ...before, busy: "busy" }]),
    "events/s 1.10, µs CPU/event 0.90 (saved busy)",
  );
  assert.equal(besideSaved(row, []), undefined);
  assert.equal(besideSaved(row, [{ name: row.name, figures: { other: 1 } }]), undefined);
});

Deno.test("a file that is no saved run is refused", () => {
  const message =
    "--against a.json: it is no saved run; make one with `deno task bench --save FILE`";
  for (const text of ["", "{}", "null", '{"rows":[{}]}', '{"rows":1}']) {
    assert.throws(() => parseSaved(text, "a.json"), { name: "TypeError", message });
  }
});

Deno.test("a sheet gives CPU in units of bare amqplib and marks what was measured beside others", () => {
  const lines: string[] = [];
  const times = [idle(0), idle(1000), { ...idle(2000), used: 900, own: 100 }, idle(2001)];
  const against = { startedAt: "", args: [], cpus: 1, load: 0, rows: [bare(2)] };
  const sheet = new Sheet({
    against,
    write: (line) => lines.push(line),
    times: () => times.shift() ?? idle(0),
  });
  sheet.print("classic bare  4.0 µs CPU/event");
  sheet.print("classic inline  6.0 µs CPU/event");
  sheet.print("inline beside bare: CPU 1.50");
  sheet.print("a title");
  assert.deepEqual(lines, [
    "classic bare  4.0 µs CPU/event  [the unit: 1 bare]",
    "  of the saved run: µs CPU/event 2.00",
    "classic inline  6.0 µs CPU/event  [1.50 bare]  [busy: others 80 %, stolen 0 %]",
    "inline beside bare: CPU 1.50  [busy: others 80 %, stolen 0 %]",
    "a title",
  ]);
  const saved = parseSaved(JSON.stringify(sheet.saved(["--save", "x"])), "x");
  assert.deepEqual(saved.rows[0], bare(4));
  assert.deepEqual(saved.rows.map(({ busy }) => busy !== undefined), [false, true, true]);
});

Deno.test("the CPU of others is what neither the benchmark nor its children used", () => {
  const stat = "cpu  100 1 50 800 9 2 3 35 0 0\ncpu0 1 1 1 1\n";
  assert.deepEqual(parseCpuTimes(stat), { total: 1000, used: 156, stolen: 35 });
  const line = "42 (a) b) S 7 42 42 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 3 0 1 2 3";
  assert.deepEqual(parseProcess(line), { pid: 42, parent: 7, ticks: 100 });
  const all = [
    { pid: 1, parent: 0, ticks: 1000 },
    { pid: 7, parent: 1, ticks: 1 },
    { pid: 8, parent: 7, ticks: 2 },
    { pid: 9, parent: 8, ticks: 4 },
    { pid: 10, parent: 1, ticks: 500 },
  ];
  assert.equal(ownTicks(all, 7), 7);
  const from = { total: 0, used: 0, stolen: 0, own: 0 };
  const to = { total: 100, used: 70, stolen: 10, own: 30 };
  assert.deepEqual(sharesBetween(from, to), { others: 0.4, stolen: 0.1 });
  assert.equal(sharesBetween(from, { ...to, total: 5 }), undefined);
  assert.equal(busyMark({ others: 0.4, stolen: 0.1 }), "busy: others 40 %, stolen 10 %");
  assert.equal(busyMark({ others: 0.02, stolen: 0.01 }), undefined);
});

Deno.test("a machine that is busy before the start is warned of", () => {
  assert.equal(busyWarning(0.3, 2), undefined);
  assert.match(busyWarning(3.14, 2) ?? "", /^The machine is busy: its load is 3\.1 on 2 CPUs\./);
});

Deno.test("growth that is faster than it should be has a sentence", () => {
  const of = (...figures: number[]): Point[] =>
    figures.map((figure, i) => ({ size: 4 ** i, figure }));
  const said = (points: Point[], allowed: "constant" | "linear") =>
    growthSentence({ unit: "queues", what: "MB" }, points, allowed);
  assert.equal(said(of(10, 11, 9, 12), "constant"), undefined);
  assert.equal(said(of(10, 13, 25, 73), "linear"), undefined);
  assert.equal(said(of(50, 45, 40, 30), "linear"), undefined);
  assert.equal(
    said(of(10, 11, 20), "constant"),
    "NOT constant: at queues 16 it is 20.0 MB, 1.8 times as much as at 4 (11.0).",
  );
  assert.equal(
    said(of(10, 13, 250), "linear"),
    "NOT linear: at queues 16 it is 250 MB, 19.2 times as much as at 4 (13.0).",
  );
});

Deno.test("processes on one file are measured from the last start to the last end", () => {
  const mark = (count: number, at: number, cpuMicros: number) => ({
    ...{ count, at, cpuMicros },
    peakRssBytes: 0,
  });
  const rate = together([mark(0, 0, 10), mark(0, 100, 20)], [mark(50, 600, 60), mark(50, 500, 70)]);
  assert.deepEqual(rate, { eventsPerSecond: 200, cpuMicros: 1 });
});

Deno.test("bounds of CPU are higher where bare amqplib costs more", () => {
  const rate = (perSecond: number, cpuMicros: number) => ({ perSecond, cpuMicros });
  const judged = (bareMicros: number, noop: number, activity: [number, number]) =>
    judgeWhole({
      bareMicros,
      noop: rate(100, noop),
      noopBatch: rate(100, 8),
      activity: rate(...activity),
    }).map(({ isGood }) => isGood);
  assert.deepEqual(judged(4.3, 8.9, [81, 12.9]), [true, true, true, true]);
  assert.deepEqual(judged(4.3, 9.1, [79, 13.1]), [false, true, false, false]);
  assert.deepEqual(judged(8.6, 17.9, [100, 17.9]), [true, true, true, true]);
});

function idle(total: number): CpuTimes {
  return { total, used: 0, stolen: 0, own: 0 };
}

function bare(micros: number): Row {
  return { name: "classic bare", figures: { "µs CPU/event": micros } };
}
