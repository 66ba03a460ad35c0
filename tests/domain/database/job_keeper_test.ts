import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { JobKeeper } from "../../../lib/domain/database/job_keeper.ts";
import { addJob, type Job, takeJob } from "../../../lib/domain/database/jobs.ts";
import { openTestDatabase } from "../../../lib/testing.ts";
import { until } from "../../fixtures/until.ts";

const NOW = 1_700_000_000_000;

/** A job that was taken. */
async function taken(db: Database): Promise<Job> {
  const job = { key: "a", type: "export", args: {} };
  await db.transaction().execute((trx) => addJob(trx, job, NOW));
  const taken = await takeJob(db, ["export"], { owner: "me", now: NOW });
  assert(taken);
  return taken;
}

function jobIn(db: Database) {
  return db.selectFrom("process_queue_job").select(["alive_at", "progress"])
    .executeTakeFirstOrThrow();
}

/** A keeper's options, and how often the job was lost. */
function options(clock: { now: number }) {
  const lost = { count: 0 };
  const keeping = { key: "a", owner: "me", now: () => clock.now, onLost: () => void lost.count++ };
  return { lost, keeping };
}

Deno.test("a job that is done gives signs of life, without an event of its own", async () => {
  await using db = await openTestDatabase();
  await taken(db);
  const clock = { now: NOW };
  await using _keeper = new JobKeeper(db, { ...options(clock).keeping, everyMs: 1 });
  for (clock.now of [NOW + 5, NOW + 9]) {
    await until("it gave a sign", async () => (await jobIn(db)).alive_at === clock.now);
  }
});

Deno.test("the last progress is stored, of many that are reported at once", async () => {
  await using db = await openTestDatabase();
  await taken(db);
  {
    await using keeper = new JobKeeper(db, options({ now: NOW }).keeping);
    for (let step = 0; step < 100; step++) keeper.progress({ step });
    assert.throws(() => keeper.progress({ step: NaN }), TypeError);
  }
  assert.deepEqual(await jobIn(db), { alive_at: NOW, progress: '{"step":99}' });
});

Deno.test("a job is lost once it cannot give a sign of life for 50 s, before others take it", async () => {
  const db = await openTestDatabase();
  await taken(db);
  const clock = { now: NOW };
  const { lost, keeping } = options(clock);
  const keeper = new JobKeeper(db, keeping);
  await db.destroy();
  for (const [ms, count] of [[0, 0], [49_999, 0], [50_000, 1]] as const) {
    clock.now = NOW + ms;
    await keeper[Symbol.asyncDispose]();
    keeper.progress(ms);
    await keeper[Symbol.asyncDispose]();
    assert.equal(lost.count > 0, count > 0);
  }
});

Deno.test("a job that belongs to another is lost", async () => {
  await using db = await openTestDatabase();
  await taken(db);
  await takeJob(db, ["export"], { owner: "other", now: NOW + 60_000 });
  const { lost, keeping } = options({ now: NOW });
  {
    await using keeper = new JobKeeper(db, keeping);
    keeper.progress("late");
  }
  assert.equal(lost.count, 1);
  assert.deepEqual(await jobIn(db), { alive_at: NOW + 60_000, progress: null });
});
