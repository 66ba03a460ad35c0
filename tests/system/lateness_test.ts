import assert from "node:assert/strict";
import process from "node:process";
import { Lateness } from "../../lib/system/lateness.ts";

Deno.test("a sweep in time is not late", () => {
  const lateness = new Lateness(4800);
  const times = [5000, 5250, 5500, 6100, 6350];
  assert.deepEqual(times.map((now) => lateness.sweep(now)), [0, 0, 0, 0, 0]);
});

Deno.test("a late sweep returns the time since the last", () => {
  const lateness = new Lateness(1000);
  assert.deepEqual([6000, 6250, 7250].map((now) => lateness.sweep(now)), [5000, 0, 1000]);
});

Deno.test("a process that computed was not stopped", () => {
  const began = performance.now();
  const lateness = new Lateness(began);
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 200_000);
  assert.equal(lateness.sweepUnlessBusy(began + 1000), 0);
  assert.equal(lateness.sweepUnlessBusy(began + 61_000), 60_000);
});
