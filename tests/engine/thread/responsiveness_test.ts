import assert from "node:assert/strict";
import { Pulse } from "../../../lib/engine/thread/pulse.ts";
import { type JobState, Responsiveness } from "../../../lib/engine/thread/responsiveness.ts";

/** What the main thread sees of a thread, and the thread's side of its heartbeat. */
function watched() {
  const start = performance.now();
  const watch = new Responsiveness(start);
  const thread = new Pulse(watch.pulse.buffer);
  return {
    watch,
    thread,
    unresponsiveMs: () => Math.round(watch.unresponsiveMs),
    /** The time is now this many ms after the start. */
    sweep: (ms: number, jobs: JobState, lateMs = 0) => watch.sweep(start + ms, lateMs, jobs),
    /** The same, with a heartbeat before. */
    beatAndSweep(ms: number, jobs: JobState, lateMs = 0): void {
      thread.beat(1);
      watch.sweep(start + ms, lateMs, jobs);
    },
  };
}

Deno.test("a thread that sends heartbeats and has no jobs responds", () => {
  const { unresponsiveMs, beatAndSweep } = watched();
  beatAndSweep(500, "idle");
  beatAndSweep(1000, "idle");
  assert.equal(unresponsiveMs(), 0);
});

Deno.test("a thread that has jobs and neither runs them nor answers does not respond", () => {
  const { watch, unresponsiveMs, beatAndSweep } = watched();
  beatAndSweep(500, "waiting");
  beatAndSweep(1000, "waiting");
  assert.equal(unresponsiveMs(), 1000);
  watch.answered();
  beatAndSweep(1500, "waiting");
  assert.equal(unresponsiveMs(), 0);
  beatAndSweep(2000, "waiting");
  assert.equal(unresponsiveMs(), 500);
  beatAndSweep(2500, "running");
  assert.equal(unresponsiveMs(), 0);
});

Deno.test("a thread whose event loop does not turn does not respond", () => {
  const { unresponsiveMs, sweep, beatAndSweep } = watched();
  beatAndSweep(500, "idle");
  sweep(1000, "idle");
  assert.equal(unresponsiveMs(), 0, "the next heartbeat may be on its way");
  sweep(1500, "idle");
  assert.equal(unresponsiveMs(), 500);
  sweep(9000, "idle");
  assert.equal(unresponsiveMs(), 8000);
});

Deno.test("a thread that was blocked has time to start its jobs", () => {
  const { unresponsiveMs, sweep, beatAndSweep } = watched();
  sweep(9000, "waiting");
  assert.equal(unresponsiveMs(), 9000);
  beatAndSweep(9250, "waiting");
  assert.equal(unresponsiveMs(), 0);
});

Deno.test("a thread that runs an event is not expected to respond", () => {
  const { unresponsiveMs, sweep } = watched();
  sweep(60_000, "running");
  assert.equal(unresponsiveMs(), 0);
  sweep(60_250, "idle");
  assert.equal(unresponsiveMs(), 250);
});

Deno.test("time in which the main thread did not check does not count, and the thread learns of it", () => {
  const { unresponsiveMs, thread, sweep, beatAndSweep } = watched();
  beatAndSweep(1000, "waiting");
  sweep(9000, "waiting", 8000);
  assert.equal(unresponsiveMs(), 0);
  assert.equal(thread.takeStoppedMs(), 8000);
  beatAndSweep(9500, "waiting");
  assert.equal(unresponsiveMs(), 500);
});

Deno.test("what kept a thread busy before it was ready does not count", () => {
  const { watch, unresponsiveMs, sweep } = watched();
  sweep(60_000, "idle");
  assert(watch.unresponsiveMs > 0);
  const now = performance.now();
  watch.ready(now);
  assert.equal(unresponsiveMs(), 0);
  assert(watch.silentMs < 1000);
});
