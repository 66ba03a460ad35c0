import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { Effects } from "../../../lib/domain/database/effects.ts";
import { eachDatabaseTest } from "./each_database.ts";

const NOW = 1_700_000_000_000;
const MAX = { maxSeconds: 60 };
const DAY = 24 * 60 * 60 * 1000;
const ADA = "ada@example.com";
const BOB = "bob@example.com";

/** Effects of one run of a worker, at a time that a test sets. */
function effectsOf(db: Database, owner: string, clock = { now: NOW }, queue = "mails"): Effects {
  return new Effects(db, { queue, owner, now: () => clock.now });
}

/** Every record as `key state owner`, in order. */
async function records(db: Database): Promise<string[]> {
  const rows = await db.selectFrom("process_queue_effect").select(["key", "state", "owner"])
    .execute();
  return rows.map(({ key, state, owner }) => `${key} ${state} ${owner}`).sort();
}

eachDatabaseTest(
  "a step runs once: what is done is skipped when its event comes again",
  async (t) => {
    const db = await t.open();
    const mine = effectsOf(db, "me");
    assert.deepEqual(await mine.begin("7", [ADA, BOB], MAX), ["run", "run"]);
    assert.deepEqual(await records(db), ["7 started me", "7 started me"]);
    await mine.done("7", [ADA]);
    assert.deepEqual(await mine.begin("7", [BOB, ADA, ADA], MAX), ["unknown", "done", "done"]);
    const other = effectsOf(db, "other", { now: NOW + 90 * DAY });
    assert.deepEqual(await other.begin("7", [ADA], { ...MAX, retriedAt: NOW + DAY }), ["done"]);
  },
);

eachDatabaseTest("a step that another run has started is waited for, then unknown", async (t) => {
  const db = await t.open();
  const clock = { now: NOW };
  const other = effectsOf(await t.open(), "other", clock);
  assert.deepEqual(await effectsOf(db, "me").begin("7", [ADA], MAX), ["run"]);
  clock.now = NOW + 59_999;
  assert.deepEqual(await other.begin("7", [ADA], MAX), [{ busyUntil: NOW + 60_000 }]);
  clock.now = NOW + 60_000;
  assert.deepEqual(await other.begin("7", [ADA], MAX), ["unknown"]);
  assert.deepEqual(await records(db), ["7 started me"]);
});

eachDatabaseTest("while a step is busy no other step of its event is started", async (t) => {
  const db = await t.open();
  await effectsOf(db, "me").begin("7", [BOB], MAX);
  const clock = { now: NOW + 1000 };
  const other = effectsOf(db, "other", clock);
  const busy = { busyUntil: NOW + 60_000 };
  assert.deepEqual(await other.begin("7", [ADA, BOB, "c"], MAX), [busy, busy, busy]);
  assert.deepEqual(await records(db), ["7 started me"]);
  await effectsOf(db, "me").failed("7", [BOB]);
  const retried = { ...MAX, retriedAt: NOW + 500 };
  await effectsOf(db, "me", clock).begin("7", [ADA], MAX);
  const later = { busyUntil: NOW + 61_000 };
  assert.deepEqual(await other.begin("7", [ADA, BOB], retried), [later, later]);
  assert.deepEqual(await records(db), ["7 failed me", "7 started me"]);
});

eachDatabaseTest("a refused step runs again only after its event was put back", async (t) => {
  const db = await t.open();
  const clock = { now: NOW };
  const mine = effectsOf(db, "me", clock);
  await mine.begin("7", [ADA, BOB], MAX);
  await mine.failed("7", [ADA]);
  await mine.done("7", [BOB]);
  clock.now = NOW + 1000;
  assert.deepEqual(await mine.begin("7", [ADA, BOB], MAX), ["failed", "done"]);
  const retried = { ...MAX, retriedAt: NOW + 500 };
  const other = effectsOf(db, "other", clock);
  assert.deepEqual(await other.begin("7", [ADA, BOB], retried), ["run", "done"]);
  assert.deepEqual(await mine.begin("7", [ADA], retried), [{ busyUntil: NOW + 61_000 }]);
});

eachDatabaseTest("a step that was certainly not done is forgotten, and runs again", async (t) => {
  const db = await t.open();
  const mine = effectsOf(db, "me");
  await mine.begin("7", [ADA, BOB], MAX);
  await mine.done("7", [BOB]);
  await mine.forget("7", [ADA, BOB]);
  assert.deepEqual(await records(db), ["7 done me"]);
  assert.deepEqual(await effectsOf(db, "other").begin("7", [ADA, BOB], MAX), ["run", "done"]);
  await mine.forget("7", [ADA]);
  await mine.failed("7", [ADA]);
  assert.deepEqual(await mine.begin("7", [ADA], MAX), [{ busyUntil: NOW + 60_000 }]);
});

eachDatabaseTest("of several runs that take an unknown step over, one gets it", async (t) => {
  const db = await t.open();
  await effectsOf(db, "gone").begin("7", [ADA], MAX);
  const clock = { now: NOW + 60_000 };
  const runs = await Promise.all(
    ["one", "two", "three"].map(async (owner) => {
      const effects = effectsOf(await t.open(), owner, clock);
      return await effects.takeOver("7", [ADA, BOB], MAX);
    }),
  );
  const busy = { busyUntil: NOW + 120_000 };
  assert.equal(runs.filter(([state]) => state === "again").length, 1);
  for (const states of runs) {
    assert.deepEqual(states, states[0] === "again" ? ["again", "run"] : [busy, busy]);
  }
});

eachDatabaseTest("of many runs that begin a step at once, one gets it", async (t) => {
  const handles = await Promise.all(["a", "b", "c"].map(() => t.open()));
  const counts = new Map<string, number>();
  const keys = Array.from({ length: 20 }, (_, index) => `${index}`);
  await Promise.all(handles.flatMap((db, index) => {
    const effects = effectsOf(db, `owner-${index}`);
    const ordered = index % 2 === 0 ? keys : keys.toReversed();
    return ordered.map(async (key) => {
      const [ada, bob] = await effects.begin(key, index % 2 === 0 ? [ADA, BOB] : [BOB, ADA], MAX);
      assert.deepEqual(ada, bob);
      if (ada === "run") counts.set(key, (counts.get(key) ?? 0) + 1);
    });
  }));
  assert.deepEqual([...counts.values()], keys.map(() => 1));
});

eachDatabaseTest(
  "two queues have records of their own, and a step is stored as a hash",
  async (t) => {
    const db = await t.open();
    await effectsOf(db, "me").begin("7", [ADA], MAX);
    const pushes = effectsOf(db, "me", undefined, "pushes");
    assert.deepEqual(await pushes.begin("7", [ADA], MAX), ["run"]);
    const rows = await db.selectFrom("process_queue_effect").selectAll().orderBy("queue").execute();
    assert.deepEqual(rows.map(({ queue }) => queue), ["mails", "pushes"]);
    for (const { step } of rows) assert.match(step, /^[0-9a-f]{64}$/);
  },
);

eachDatabaseTest("keys of any length and content have records", async (t) => {
  const mine = effectsOf(await t.open(), "me");
  const keys = ["nul\0", "lone\ud800", "😀".repeat(4000), "a".repeat(9000), "a".repeat(9001), ""];
  for (const key of keys) {
    assert.deepEqual(await mine.begin(key, ["s"], MAX), ["run"]);
    await mine.done(key, ["s"]);
    assert.deepEqual(await mine.begin(key, ["s"], MAX), ["done"]);
  }
});

eachDatabaseTest("an event may have no steps, and more than a statement takes", async (t) => {
  const db = await t.open();
  const mine = effectsOf(db, "me");
  assert.deepEqual(await mine.begin("7", [], MAX), []);
  for (const end of [mine.done("7", []), mine.failed("7", []), mine.forget("7", [])]) await end;
  const many = Array.from({ length: 6_000 }, (_, index) => `${index}`);
  assert.deepEqual(new Set(await mine.begin("7", many, MAX)), new Set(["run"]));
  await mine.done("7", many);
  assert.deepEqual(new Set(await mine.begin("7", many, MAX)), new Set(["done"]));
});

eachDatabaseTest(
  "events at once may have as many steps as a statement takes, and more",
  async (t) => {
    const db = await t.open();
    await using mine = effectsOf(db, "me");
    for (const count of [4_000, 4_500]) {
      const many = Array.from({ length: count }, (_, index) => `${index}`);
      assert.deepEqual(new Set(await mine.begin(`${count}`, many, MAX)), new Set(["run"]));
      mine.doneSoon(`${count}`, many.slice(0, 2_500));
      const others = await mine.begin(`${count} too`, many.slice(0, 1_500), MAX);
      assert.deepEqual(new Set(others), new Set(["run"]));
    }
  },
);

eachDatabaseTest(
  "records of events that are done are kept for the days that are set",
  async (t) => {
    const db = await t.open();
    const mine = effectsOf(db, "me");
    for (const key of ["done", "half", "refused"]) await mine.begin(key, [ADA, BOB], MAX);
    await mine.done("done", [ADA, BOB]);
    await mine.done("half", [ADA]);
    await mine.failed("refused", [ADA]);
    const prune = (ms: number) => effectsOf(db, "x", { now: NOW + ms }).pruneNowAndThen(30);
    assert.equal(await prune(30 * DAY), 0);
    assert.equal(await prune(30 * DAY + 60_001), 2);
    assert.equal(await prune(90 * DAY), 0);
    assert.deepEqual((await records(db)).length, 4);
    assert.equal(await prune(90 * DAY + 60_001), 4);
  },
);

eachDatabaseTest("an event keeps all of its records while one of them is young", async (t) => {
  const db = await t.open();
  const clock = { now: NOW };
  const mine = effectsOf(db, "me", clock);
  await mine.begin("7", [ADA, BOB], MAX);
  await mine.done("7", [ADA]);
  clock.now = NOW + 89 * DAY;
  await mine.takeOver("7", [BOB], MAX);
  await mine.done("7", [BOB]);
  clock.now = NOW + 119 * DAY;
  assert.equal(await mine.pruneNowAndThen(30), 0);
  clock.now = NOW + 119 * DAY + 60_001;
  assert.equal(await mine.pruneNowAndThen(30), 2);
});

eachDatabaseTest("records are pruned once a minute, and in pieces", async (t) => {
  const db = await t.open();
  const clock = { now: NOW };
  const mine = effectsOf(db, "me", clock);
  const steps = Array.from({ length: 70 }, (_, index) => `${index}`);
  await Promise.all(Array.from({ length: 100 }, async (_, key) => {
    await mine.begin(`${key}`, steps, MAX);
    await mine.done(`${key}`, steps);
  }));
  clock.now = NOW + 31 * DAY;
  const deleted = [];
  for (let call = 0; call < 3; call++) deleted.push(await mine.pruneNowAndThen(30));
  assert.deepEqual(deleted, [5_000, 2_000, 0]);
});

eachDatabaseTest("what is done soon is done for whoever asks next, and at the end", async (t) => {
  const db = await t.open();
  {
    await using mine = effectsOf(db, "me");
    await mine.begin("7", [ADA], MAX);
    mine.doneSoon("7", [ADA]);
    mine.doneSoon("7", []);
    assert.deepEqual(await mine.begin("7", [ADA, BOB], MAX), ["done", "run"]);
    mine.doneSoon("7", [BOB]);
  }
  assert.deepEqual(await records(db), ["7 done me", "7 done me"]);
});

eachDatabaseTest("events of one key that begin at once in a thread do not both run", async (t) => {
  const mine = effectsOf(await t.open(), "me");
  const [, ...states] = await Promise.all([
    mine.begin("6", [ADA], MAX),
    mine.begin("7", [ADA], MAX),
    mine.begin("7", [BOB, ADA], MAX),
    mine.begin("8", [ADA], MAX),
  ]);
  assert.deepEqual(states, [["run"], ["run", "unknown"], ["run"]]);
});

eachDatabaseTest(
  "a step that is busy keeps an event that begins with it from its new steps",
  async (t) => {
    const db = await t.open();
    await effectsOf(db, "other").begin("7", [BOB], MAX);
    const mine = effectsOf(db, "me");
    const busy = { busyUntil: NOW + 60_000 };
    const states = await Promise.all([
      mine.begin("6", [ADA], MAX),
      mine.begin("7", [ADA, BOB], MAX),
      mine.begin("7", [ADA], MAX),
    ]);
    assert.deepEqual(states, [["run"], [busy, busy], ["run"]]);
    assert.deepEqual(await records(db), ["6 started me", "7 started me", "7 started other"]);
  },
);

eachDatabaseTest(
  "what is done and what begins are written together, also of one event",
  async (t) => {
    const db = await t.open();
    await using mine = effectsOf(db, "me");
    await mine.begin("7", [ADA], MAX);
    mine.doneSoon("7", [ADA]);
    assert.deepEqual(await mine.begin("7", [ADA, BOB], MAX), ["done", "run"]);
    mine.doneSoon("7", [BOB]);
    assert.deepEqual(await mine.begin("8", [ADA], MAX), ["run"]);
    assert.deepEqual(await records(db), ["7 done me", "7 done me", "8 started me"]);
  },
);
