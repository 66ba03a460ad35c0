import assert from "node:assert/strict";
import type { NoticeReport, Report } from "../../../lib/engine/report.ts";
import { LoopWatch } from "../../../lib/engine/supervisor/loop_watch.ts";

/** A watch, and the level and text of its notices. */
function watched(graceSeconds = 5) {
  const notices: NoticeReport[] = [];
  const watch = new LoopWatch("q", (report: Report) => {
    if (report.kind === "notice") notices.push(report);
  }, graceSeconds);
  const lines = () =>
    notices.splice(0, Infinity).map(({ level, message, properties = {} }) => {
      const text = message.replaceAll(/\{(\w+)\}/g, (_, name) => String(properties[name] ?? name));
      return `${level}: ${text}`;
    });
  return { watch, lines };
}

const error = (message: string) => ({ name: "TypeError", message });

Deno.test("a loop that fails is one line, the same text again only for debug, another text another line", () => {
  const { watch, lines } = watched();
  for (const message of ["broken", "broken", "lost"]) {
    watch.began("tidy", 60);
    watch.failed("tidy", error(message), 20);
  }
  watch.began("tidy", 60);
  watch.ended("tidy");
  watch.ended("tidy");
  watch.failed("tidy", error("lost"), 10);
  assert.deepEqual(lines(), [
    "error: The loop tidy of queue failed, and is tried again in 20 s: TypeError: broken",
    "debug: The loop tidy of queue failed, and is tried again in 20 s: TypeError: broken",
    "error: The loop tidy of queue failed, and is tried again in 20 s: TypeError: lost",
    "info: The loop tidy of queue works again, after 3 failures",
    "error: The loop tidy of queue failed, and is tried again in 10 s: TypeError: lost",
  ]);
});

Deno.test("a status has how each loop's last pass ended, and for how long one has run", () => {
  const { watch } = watched();
  assert.equal(watch.figures.length, 0);
  const before = Date.now();
  watch.failed("tidy", error("lost"), 10);
  watch.began("other", 60);
  const [tidy, other] = watch.figures;
  assert(tidy?.endedAt !== undefined && tidy.endedAt >= before);
  assert.deepEqual([tidy.name, tidy.runningSeconds, tidy.failures, tidy.error], [
    "tidy",
    undefined,
    1,
    error("lost"),
  ]);
  assert(other?.runningSeconds !== undefined && other.runningSeconds >= 0);
  assert.deepEqual([other.name, other.endedAt, other.failures], ["other", undefined, 0]);
  watch.ended("tidy");
  assert.deepEqual([watch.figures[0]?.failures, watch.figures[0]?.error], [0, undefined]);
});

const HANGS: readonly [what: string, grace: number, afterMs: number, isHung: boolean][] = [
  ["within its limit and grace", 5, 64_900, false],
  ["beyond both", 5, 65_100, true],
  ["without a grace within a second", 0, 60_900, false],
  ["without a grace after a second", 0, 61_100, true],
];

for (const [what, grace, afterMs, isHung] of HANGS) {
  Deno.test(`a pass ${what} ${isHung ? "hangs" : "does not hang"}`, () => {
    const { watch } = watched(grace);
    const now = performance.now();
    watch.began("tidy", 60);
    const expected = isHung ? { loop: "tidy", seconds: 60 } : undefined;
    assert.deepEqual(watch.sweep(now + afterMs, 0), expected);
    watch.ended("tidy");
    assert.equal(watch.sweep(now + 1e9, 0), undefined);
  });
}

Deno.test("time for which the process was stopped does not count against a pass", () => {
  const { watch } = watched();
  const now = performance.now();
  watch.began("tidy", 60);
  assert.equal(watch.sweep(now + 1e6, 1e6), undefined);
  assert.equal(watch.sweep(now + 1e6 + 64_000, 0), undefined);
  assert.notEqual(watch.sweep(now + 1e6 + 66_000, 0), undefined);
});

Deno.test("a wait for passes lasts until all of them have ended, also those that end with their thread", async () => {
  const { watch } = watched();
  watch.began("tidy", 60);
  watch.began("other", 60);
  assert.equal(watch.running, "tidy");
  let isIdle = false;
  const idle = watch.idle(600_000).then(() => isIdle = true);
  watch.ended("tidy");
  await Promise.resolve();
  assert.deepEqual([isIdle, watch.running], [false, "other"]);
  watch.threadEnded();
  await idle;
  assert.equal(watch.running, undefined);
});
