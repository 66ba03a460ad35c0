import assert from "node:assert/strict";
import { join } from "node:path";
import type { NoticeReport, SettledReport } from "../../lib/engine/report.ts";
import { hungFile } from "../fixtures/hung_file.ts";
import { QueueStatistics, type StatisticsSnapshot } from "../../lib/monitoring/statistics.ts";

const START = 1_766_063_174_120;

/** One queue's statistics in a folder of their own, with a clock that the test sets. */
class Fixture {
  ms = 0;
  current: { id: string; ageSeconds: number } | undefined;
  waitingFor: string | undefined;
  readonly notices: NoticeReport[] = [];
  readonly dir: string;
  readonly statistics: QueueStatistics;

  /** Makes one whose file has been written, or could not be. */
  static async open(temporary = Deno.makeTempDirSync()): Promise<Fixture> {
    const fixture = new Fixture(temporary);
    await fixture.statistics.idle();
    return fixture;
  }

  private constructor(readonly temporary: string) {
    this.dir = join(temporary, "a", "stats");
    this.statistics = new QueueStatistics({
      queue: "test",
      workerNum: 3,
      dir: this.dir,
      version: "1.2.3",
      running: () => this.current,
      waitingFor: () => this.waitingFor,
      notify: (report) => void (report.kind === "notice" && this.notices.push(report)),
      now: () => START + this.ms,
      clock: () => this.ms,
    });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.temporary, { recursive: true });
  }

  settle(inFlight: number, more: Partial<SettledReport> = {}, times = 1): void {
    for (let i = 0; i < times; i++) {
      this.statistics.report({
        kind: "settled",
        queue: "test",
        id: "",
        outcome: "processed",
        attempt: 1,
        waitMs: 0,
        runMs: 10,
        shareMs: 10,
        inFlight,
        ...more,
      });
    }
  }

  wake(): void {
    this.statistics.report({ kind: "woke", queue: "test" });
  }

  sweepAfter(ms: number): void {
    this.ms += ms;
    this.statistics.sweep(this.ms);
  }

  text(): string {
    return Deno.readTextFileSync(join(this.dir, "test.stats"));
  }

  file(): StatisticsSnapshot {
    return JSON.parse(this.text());
  }

  /** Whether the file is written meanwhile; it is new with every write. */
  async writes(run: () => unknown): Promise<boolean> {
    const path = join(this.dir, "test.stats");
    Deno.writeTextFileSync(path, "old");
    await run();
    await this.statistics.idle();
    const isWritten = this.text() !== "old";
    if (!isWritten) Deno.removeSync(path);
    return isWritten;
  }
}

Deno.test("QueueStatistics writes its file at the start, byte for byte", async () => {
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
  fixture.settle(1, { waitMs: 1e6, outcome: "released" });
  assert.equal(fixture.statistics.snapshot().wait_p50, null);
  fixture.settle(1, { waitMs: 100 }, 98);
  fixture.settle(1, { waitMs: 5000 }, 2);
  const { wait_p50, wait_p99 } = fixture.statistics.snapshot();
  assert.ok(Math.abs((wait_p50 ?? 0) - 0.1) < 0.01 && Math.abs((wait_p99 ?? 0) - 5) < 0.5);
});

Deno.test("QueueStatistics counts from 0 when the queue is empty, and writes at the next sweep", async () => {
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
  fixture.ms = 1000;
  fixture.settle(0, { outcome: "released" });
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  assert.equal(fixture.file().queue_last_emptied_timestamp, START / 1000);
  assert.equal(fixture.file().in_flight, 0);
});

Deno.test("QueueStatistics writes at once when the queue wakes, but once a second only", async () => {
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
  fixture.settle(1, {}, 49);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), false);
  assert.equal(await fixture.writes(() => fixture.settle(1, {}, 5000)), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  assert.equal(fixture.file().processed, 5049);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), false);
});

Deno.test("QueueStatistics writes few events 30 seconds after the last write", async () => {
  using fixture = await Fixture.open();
  fixture.settle(1);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(29_999)), false);
  assert.equal(await fixture.writes(() => fixture.sweepAfter(1)), true);
});

Deno.test("QueueStatistics shows the age of a long event, but leaves update_time", async () => {
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
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
  using fixture = await Fixture.open();
  fixture.settle(1);
  assert.equal(await fixture.statistics.flush(), true);
  assert.equal(fixture.file().processed, 1);
});

Deno.test("QueueStatistics does not wait for the lock, and tries again at the next sweep", async () => {
  using fixture = await Fixture.open();
  {
    using lock = Deno.openSync(join(fixture.dir, "test.stats.lock"), { write: true });
    lock.lockSync(true);
    assert.equal(await fixture.statistics.flush(), false);
    assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), false);
  }
  assert.equal(await fixture.writes(() => fixture.sweepAfter(250)), true);
  assert.deepEqual(fixture.notices, []);
});

Deno.test("QueueStatistics warns once of a folder it cannot write, and tries every minute", async () => {
  const blocker = Deno.makeTempFileSync();
  using fixture = await Fixture.open(blocker);
  assert.equal(fixture.notices.length, 1);
  assert.deepEqual([fixture.notices[0]?.level, fixture.notices[0]?.queue], ["warning", "test"]);
  assert.equal(
    fixture.notices[0]?.message,
    "Cannot write statistics to {path}: {error}. Processing continues, and the file is tried again " +
      "every minute. Let this user write to that folder, or set QUEUE_STATS_DIR to another one.",
  );
  assert.match(fixture.notices[0]?.error?.message ?? "", /os error/);
  Deno.removeSync(blocker);
  fixture.wake();
  fixture.settle(0);
  fixture.sweepAfter(59_999);
  await fixture.statistics.idle();
  assert.throws(() => fixture.text(), Deno.errors.NotFound);
  fixture.sweepAfter(1);
  await fixture.statistics.idle();
  assert.equal(fixture.file().processed, 1);
  assert.deepEqual(fixture.notices.slice(1).map(({ level, message }) => [level, message]), [
    ["info", "Statistics are written to {path} again"],
  ]);
});

Deno.test("QueueStatistics on a disk that does not answer holds up nothing and writes once", async () => {
  using fixture = await Fixture.open();
  const hung = await hungFile(join(fixture.dir, "test.stats.tmp"));
  for (let events = 0; events < 3; events++) {
    fixture.settle(0);
    fixture.sweepAfter(5000);
  }
  assert.deepEqual(fixture.notices.map(({ level, error }) => [level, error?.message]), [
    ["warning", "it has not answered for 10 s"],
  ]);
  assert.equal(JSON.parse(await hung.release()).processed, 1);
  await fixture.statistics.idle();
  Deno.removeSync(join(fixture.dir, "test.stats")); // The named pipe.
  fixture.sweepAfter(60_000);
  await fixture.statistics.idle();
  assert.equal(fixture.file().processed, 3);
  assert.equal(fixture.notices.at(-1)?.message, "Statistics are written to {path} again");
});

Deno.test("QueueStatistics of two processes share a file that is whole at all times", async () => {
  using fixture = await Fixture.open();
  const children = [spawnWriter(fixture.dir), spawnWriter(fixture.dir)];
  let areRunning = true;
  const outputs = Promise.all(children).finally(() => areRunning = false);
  const pids = new Set<number>();
  while (areRunning) {
    pids.add(fixture.file().pid);
    await new Promise((resolve) => setTimeout(resolve));
  }
  for (const { success } of await outputs) assert.ok(success);
  assert.ok(pids.size > 1);
});

function spawnWriter(dir: string): Promise<Deno.CommandOutput> {
  const script = new URL("../fixtures/monitoring/write_statistics.ts", import.meta.url);
  const args = ["run", "-A", script.href, dir, "300"];
  return new Deno.Command(Deno.execPath(), { args, stderr: "inherit" }).output();
}
