/**
 * The file of statistics where it cannot be written, and where others write it too.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { hungFile } from "../fixtures/hung_file.ts";
import { StatisticsFixture } from "../fixtures/monitoring/statistics.ts";

Deno.test("QueueStatistics does not wait for the lock, and tries again at the next sweep", async () => {
  using fixture = await StatisticsFixture.open();
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
  using fixture = await StatisticsFixture.open(blocker);
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
  using fixture = await StatisticsFixture.open();
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
  using fixture = await StatisticsFixture.open();
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
