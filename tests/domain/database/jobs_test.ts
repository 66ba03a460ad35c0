import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Database } from "../../../lib/domain/database/database.ts";
import { jobLoop, type JobType } from "../../../lib/domain/database/job_loop.ts";
import { addJob } from "../../../lib/domain/database/jobs.ts";
import { FakeJobContext, type Script, untilAborted } from "../../fixtures/database/job_context.ts";
import { Program } from "../../fixtures/process/program.ts";
import { until } from "../../fixtures/until.ts";
import { eachDatabaseTest } from "./each_database.ts";

const DO_JOB = fileURLToPath(new URL("../../fixtures/database/do_job.ts", import.meta.url));
const NOW = 1_700_000_000_000;
const NEVER = new AbortController().signal;
const MODULE = new URL("file:///export.ts");
const DAY = 24 * 60 * 60 * 1000;

function add(db: Database, key: string, args: unknown = {}, now = NOW): Promise<boolean> {
  return db.transaction().execute((trx) => addJob(trx, { key, type: "export", args }, now));
}

/** A loop that does exports in threads that run `script`, at a time that a test sets. */
function loopOf(db: Database, owner: string, script?: Script, type: Partial<JobType> = {}) {
  const ctx = new FakeJobContext(db, owner, script);
  const clock = { now: NOW };
  const types = { export: { module: MODULE, ...type } };
  const loop = jobLoop(ctx, types, { now: () => clock.now });
  return { ctx, clock, pass: (signal = NEVER) => loop.run(signal) };
}

/** Every job as `key state taken progress error`. */
async function jobs(db: Database): Promise<string[]> {
  const rows = await db.selectFrom("process_queue_job").selectAll().orderBy("key").execute();
  return rows.map(({ key, state, taken, progress, error }) =>
    [key, state, taken, progress, error].filter((value) => value !== null).join(" ")
  );
}

eachDatabaseTest("a job is done once: a second event with its key adds nothing", async (t) => {
  const db = await t.open();
  const inputs: unknown[] = [];
  const { pass, ctx } = loopOf(db, "me", ({ input }) => void inputs.push(input));
  assert.deepEqual([await add(db, "a", { realm: 2n }), await add(db, "a", { realm: 3 })], [
    true,
    false,
  ]);
  assert.deepEqual([await pass(), await pass(), await add(db, "a")], [true, false, false]);
  assert.deepEqual(inputs, [{ args: { realm: 2 }, progress: undefined }]);
  assert.deepEqual(ctx.threads, [[MODULE.href, { name: "job export" }]]);
  assert.equal(ctx.disposed, 1);
  assert.deepEqual(await jobs(db), ["a done 1"]);
  assert.deepEqual(ctx.lines, [
    "info: The job a of type export begins",
    "info: The job a of type export is done",
  ]);
});

eachDatabaseTest("a job may have a key of any length", async (t) => {
  const db = await t.open();
  const long = Array.from({ length: 1000 }, () => crypto.randomUUID()).join();
  const { pass, ctx } = loopOf(db, "me");
  assert.deepEqual([await add(db, long), await add(db, `${long}.`), await add(db, long)], [
    true,
    true,
    false,
  ]);
  assert.deepEqual([await pass(), await pass(), await pass()], [true, true, false]);
  assert.match(ctx.lines[0] ?? "", /^info: The job sha256:[0-9a-f]{64} of type export begins$/);
});

eachDatabaseTest("a job that is added in a transaction that fails is not there", async (t) => {
  const db = await t.open();
  const failed = db.transaction().execute(async (trx) => {
    await addJob(trx, { key: "a", type: "export", args: {} });
    throw new Error("no");
  });
  await assert.rejects(failed, { message: "no" });
  await assert.rejects(add(db, "b", { size: NaN }), /NaN at \$\.size is not JSON/);
  assert.deepEqual(await jobs(db), []);
});

eachDatabaseTest("jobs are taken oldest first, and those of other types are left", async (t) => {
  const db = await t.open();
  const taken: unknown[] = [];
  const { pass } = loopOf(db, "me", ({ input }) => void taken.push(input));
  await add(db, "b", "second", NOW + 1);
  await add(db, "c", "first", NOW);
  await db.transaction().execute((trx) => addJob(trx, { key: "d", type: "other", args: 1 }, 0));
  while (await pass());
  assert.deepEqual(taken.map((input) => (input as { args: unknown }).args), ["first", "second"]);
  assert.deepEqual((await jobs(db)).at(-1), "d waiting 0");
});

eachDatabaseTest("the result is stored in the transaction that ends the job", async (t) => {
  const db = await t.open();
  const { pass, ctx } = loopOf(db, "me", () => ({ path: "x.tar.gz" }), {
    async finish(trx, { key, args }, result, publish) {
      publish("notices", { args, result });
      await trx.insertInto("process_queue_inbox").values({
        queue: "q",
        message_id: key,
        seen_at: 1,
      })
        .execute();
    },
  });
  await add(db, "a", "all");
  await pass();
  assert.deepEqual(ctx.published, [["notices", { args: "all", result: { path: "x.tar.gz" } }]]);
  assert.equal((await db.selectFrom("process_queue_inbox").selectAll().execute()).length, 1);
});

eachDatabaseTest(
  "a job whose result cannot be stored is not done, and publishes nothing",
  async (t) => {
    const db = await t.open();
    const { pass, ctx } = loopOf(db, "me", () => 1, {
      finish(_trx, _job, _result, publish) {
        publish("notices", {});
        throw new Error("no room");
      },
    });
    await add(db, "a");
    await pass();
    assert.deepEqual(await jobs(db), ["a running 1 Error: no room"]);
    assert.deepEqual(ctx.published, []);
  },
);

eachDatabaseTest(
  "a job whose process is killed goes on in another, from its progress",
  async (t) => {
    const db = await t.open();
    await add(db, "a");
    const inputs: unknown[] = [];
    const other = loopOf(db, "other", ({ input }) => void inputs.push(input));
    {
      await using killed = Program.startDeno(["run", "-A", "-q", DO_JOB, t.url], { cwd: "." });
      await killed.until("its progress was stored", async () => {
        return (await jobs(db))[0] === 'a running 1 {"step":2}';
      });
      killed.signal("SIGKILL");
      await killed.end();
    }
    const { alive_at } = await db.selectFrom("process_queue_job").select("alive_at")
      .executeTakeFirstOrThrow();
    other.clock.now = Number(alive_at) + 59_999;
    assert.equal(await other.pass(), false);
    other.clock.now += 1;
    assert.equal(await other.pass(), true);
    assert.deepEqual(inputs, [{ args: {}, progress: { step: 2 } }]);
    assert.deepEqual(await jobs(db), ['a done 2 {"step":2}']);
  },
);

eachDatabaseTest("a job that was taken over stops where it was, and ends nothing", async (t) => {
  const db = await t.open();
  const finished: string[] = [];
  const finish = (owner: string) => ({ finish: () => void finished.push(owner) });
  const report = Promise.withResolvers<void>();
  const slow = loopOf(db, "slow", async ({ onProgress, signal }) => {
    await report.promise;
    onProgress(1);
    return await untilAborted({ signal });
  }, finish("slow"));
  await add(db, "a");
  const pass = slow.pass();
  await until("it was taken", async () => (await jobs(db))[0]?.startsWith("a running"));
  const other = loopOf(await t.open(), "other", undefined, finish("other"));
  other.clock.now = NOW + 60_000;
  await other.pass();
  report.resolve();
  await pass;
  assert.deepEqual(finished, ["other"]);
  assert.deepEqual(await jobs(db), ["a done 2"]);
  assert.match(slow.ctx.lines.at(-1) ?? "", /a of type export was taken over by another process/);
});

eachDatabaseTest("a stop gives the job to another process at once, uncounted", async (t) => {
  const db = await t.open();
  const stop = new AbortController();
  const stopping = loopOf(db, "stopping", ({ onProgress, signal }) => {
    onProgress("half");
    stop.abort(new Error("The worker stops"));
    return signal.aborted ? Promise.reject(signal.reason) : untilAborted({ signal });
  });
  await add(db, "a");
  await stopping.pass(stop.signal);
  assert.deepEqual(await jobs(db), ['a waiting 0 "half"']);
  assert.equal(await stopping.pass(stop.signal), false);
  const inputs: unknown[] = [];
  await loopOf(await t.open(), "other", ({ input }) => void inputs.push(input)).pass();
  assert.deepEqual(inputs, [{ args: {}, progress: "half" }]);
  assert.deepEqual(await jobs(db), ['a done 1 "half"']);
});

eachDatabaseTest(
  "a job that fails is tried again a minute later, three times in all",
  async (t) => {
    const db = await t.open();
    const failures: string[] = [];
    const { pass, clock, ctx } = loopOf(db, "me", () => Promise.reject(new TypeError("no data")), {
      fail: (_trx, { key }, reason, publish) => {
        failures.push(`${key} ${reason}`);
        publish("notices", reason);
      },
    });
    await add(db, "a");
    await pass();
    assert.deepEqual(await jobs(db), ["a running 1 TypeError: no data"]);
    assert.equal(await pass(), false);
    for (clock.now += 60_000; await pass(); clock.now += 60_000);
    assert.deepEqual(await jobs(db), ["a failed 3 TypeError: no data"]);
    assert.deepEqual(failures, ["a TypeError: no data"]);
    assert.deepEqual(ctx.published, [["notices", "TypeError: no data"]]);
    assert.deepEqual(
      ctx.lines.at(-1),
      "error: The job a of type export has failed for good: " +
        "TypeError: no data",
    );
  },
);

eachDatabaseTest("a job that throws Fail is not tried again", async (t) => {
  const db = await t.open();
  const error = Object.assign(new Error("no such realm"), { name: "Fail" });
  const { pass } = loopOf(db, "me", () => Promise.reject(error));
  await add(db, "a");
  await pass();
  assert.deepEqual(await jobs(db), ["a failed 1 Fail: no such realm"]);
});

eachDatabaseTest("a job whose process ends three times fails with this reason", async (t) => {
  const db = await t.open();
  await add(db, "a");
  const end = Promise.withResolvers<never>();
  const passes: Promise<unknown>[] = [];
  for (let run = 0; run < 3; run++) {
    const gone = loopOf(db, `gone ${run}`, () => end.promise);
    gone.clock.now = NOW + run * 60_000;
    passes.push(gone.pass());
    await until("it was taken", async () => (await jobs(db))[0] === `a running ${run + 1}`);
  }
  const other = loopOf(db, "other");
  other.clock.now = NOW + 180_000;
  await other.pass();
  assert.deepEqual(await jobs(db), ["a failed 4 the process that did it ended 3 times"]);
  assert.deepEqual(other.ctx.threads, []);
  end.reject(new Error("too late"));
  await Promise.all(passes);
});

eachDatabaseTest("of several loops at once, one does a job", async (t) => {
  const done: string[] = [];
  const keys = Array.from({ length: 12 }, (_, index) => `${10 + index}`);
  const db = await t.open();
  for (const key of keys) await add(db, key, key);
  await Promise.all(["a", "b", "c"].map(async (owner) => {
    const script: Script = ({ input }) => void done.push((input as { args: string }).args);
    const { pass } = loopOf(await t.open(), owner, script);
    while (await pass());
  }));
  assert.deepEqual(done.toSorted(), keys);
});

eachDatabaseTest("a job that has ended is kept for 90 days, and its key is known", async (t) => {
  const db = await t.open();
  const { pass, clock } = loopOf(db, "me");
  await add(db, "a");
  await pass();
  clock.now = NOW + 90 * DAY;
  await pass();
  assert.equal(await add(db, "a"), false);
  clock.now += 60_000;
  await pass();
  assert.equal(await add(db, "a"), true);
});

eachDatabaseTest("a job whose progress is not JSON fails", async (t) => {
  const db = await t.open();
  const { pass } = loopOf(db, "me", ({ onProgress, signal }) => {
    onProgress(NaN);
    throw signal.reason;
  });
  await add(db, "a");
  await pass();
  assert.deepEqual(await jobs(db), ["a running 1 TypeError: NaN at $ is not JSON"]);
});

eachDatabaseTest("a job that takes too long is stopped, and counts as failed", async (t) => {
  const db = await t.open();
  const { pass } = loopOf(db, "me", untilAborted, { maxSeconds: 0.001 });
  await add(db, "a");
  await pass();
  assert.deepEqual(await jobs(db), ["a running 1 Error: The job took more than 0.001 s"]);
});
