/**
 * What statistics count, and when they are written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { START, StatisticsFixture } from "../fixtures/monitoring/statistics.ts";

Deno.test("QueueStatistics writes its file at the start, byte for byte", async () => {
  using fixture = await StatisticsFixture.open();
  assert.equal(
    fixture.text(),
    `{
  "update_time": 1766063174.12,
  "recent_average_consume_time": null,
  "queue_last_emptied_timestamp": 1766063174.12,
  "consumed_since_last_emptied": 0,
  "pid": ${Deno.pid},
  "worker_num": 3,
  "version": "1.2.3",
  "processed": 0,
  "retried": 0,
  "failed": 0,
  "in_flight": 0,
  "current_event_id": null,
  "current_event_age": null,
  "wait_p50": null,
  "wait_p99": null,
  "waiting_for": null
}
`,
  );
  const names = [...Deno.readDirSync(fixture.dir)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["test.stats", "test.stats.lock"]);
});

Deno.test("QueueStatistics counts what became of events", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.settle(5, {}, 3);
  fixture.settle(4, { outcome: "discarded" });
  fixture.settle(3, { outcome: "retried" }, 2);
  fixture.settle(2, { outcome: "failed" });
  fixture.settle(1, { outcome: "released" }, 9);
  fixture.statistics.report({ kind: "woke", queue: "other" });
  fixture.settle(7, { queue: "other" });
  const { processed, retried, failed, in_flight, consumed_since_last_emptied } = fixture.statistics
    .snapshot();
  assert.deepEqual(
    { processed, retried, failed, in_flight, consumed_since_last_emptied },
    { processed: 4, retried: 2, failed: 1, in_flight: 1, consumed_since_last_emptied: 4 },
  );
});

Deno.test("QueueStatistics averages the last 50 runs that succeeded, in seconds", async () => {
  using fixture = await StatisticsFixture.open();
  // 10 at once of 9 s each: Zulip's check multiplies this by the events that wait.
  fixture.settle(10, { runMs: 9000, shareMs: 900 });
  assert.equal(fixture.statistics.snapshot().recent_average_consume_time, 0.9);
  fixture.settle(1, { shareMs: 1000 }, 50);
  fixture.settle(1, { shareMs: 10_000, outcome: "failed" }, 10);
  assert.equal(fixture.statistics.snapshot().recent_average_consume_time, 1);
  fixture.settle(1, { shareMs: 20 }, 50);
  assert.equal(fixture.statistics.snapshot().recent_average_consume_time, 0.02);
});

Deno.test("QueueStatistics gives waits in seconds, without events that never ran", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.settle(1, { waitMs: 1e6, outcome: "released" });
  assert.equal(fixture.statistics.snapshot().wait_p50, null);
  fixture.settle(1, { waitMs: 100 }, 98);
  fixture.settle(1, { waitMs: 5000 }, 2);
  const { wait_p50, wait_p99 } = fixture.statistics.snapshot();
  assert.ok(Math.abs((wait_p50 ?? 0) - 0.1) < 0.01 && Math.abs((wait_p99 ?? 0) - 5) < 0.5);
});

Deno.test("QueueStatistics counts from 0 when the queue is empty, and writes at the next sweep", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.settle(1, {}, 3);
  fixture.ms = 1000;
  assert.equal(await fixture.writes(() => fixture.settle(0)), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  const file = fixture.file();
  assert.equal(file.consumed_since_last_emptied, 0);
  assert.equal(file.queue_last_emptied_timestamp, (START + 1000) / 1000);
  assert.equal(file.update_time, (START + 1250) / 1000);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(100_000)), false);
});

Deno.test("QueueStatistics does not call a queue empty because its last event was released", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.ms = 1000;
  fixture.settle(0, { outcome: "released" });
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  assert.equal(fixture.file().queue_last_emptied_timestamp, START / 1000);
  assert.equal(fixture.file().in_flight, 0);
});

Deno.test("QueueStatistics writes at once when the queue wakes, but once a second only", async () => {
  using fixture = await StatisticsFixture.open();
  assert.equal(await fixture.writes(() => fixture.wake()), true);
  assert.equal(fixture.file().in_flight, 1);
  fixture.settle(0);
  fixture.ms = 999;
  assert.equal(await fixture.writes(() => fixture.wake()), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(1)), true);
  fixture.settle(0);
  assert.equal(await fixture.writes(() => fixture.wake()), true);
});

Deno.test("QueueStatistics is due at 50 events, and the sweep writes it", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.settle(1, {}, 49);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), false);
  assert.equal(await fixture.writes(() => fixture.settle(1, {}, 5000)), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  assert.equal(fixture.file().processed, 5049);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), false);
});

Deno.test("QueueStatistics writes few events 30 seconds after the last write", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.settle(1);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(29_999)), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(1)), true);
});

Deno.test("QueueStatistics shows the age of a long event, but leaves update_time", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.wake();
  await fixture.statistics.idle();
  assert.equal(fixture.file().current_event_id, null);
  fixture.current = { id: "e1", ageSeconds: 0.25 };
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  assert.equal(fixture.file().current_event_age, 0.25);
  fixture.current = { id: "e1", ageSeconds: 5.25 };
  assert.equal(await fixture.writes(() => fixture.sweepAfter(4999)), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(1)), true);
  const { current_event_id, current_event_age, update_time } = fixture.file();
  assert.deepEqual([current_event_id, current_event_age], ["e1", 5.25]);
  assert.equal(update_time, START / 1000);
});

Deno.test("QueueStatistics shows at once what a queue waits for, and that it waits no longer", async () => {
  using fixture = await StatisticsFixture.open();
  for (
    const [waitingFor, shown] of [["SMTP", "SMTP"], ["DNS", "DNS"], [undefined, null]] as const
  ) {
    fixture.waitingFor = waitingFor;
    assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
    assert.equal(fixture.file().waiting_for, shown);
    assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), false);
  }
});

Deno.test("QueueStatistics.flush writes what is not due", async () => {
  using fixture = await StatisticsFixture.open();
  fixture.settle(1);
  assert.equal(await fixture.statistics.flush(), true);
  assert.equal(fixture.file().processed, 1);
});
