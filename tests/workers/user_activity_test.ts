import assert from "node:assert/strict";
import { sql } from "kysely";
import { type BatchResult, runBatch, runEvent } from "process-queue/testing";
import {
  type Database,
  migrateDatabase,
  openDatabase,
} from "../../lib/domain/database/database.ts";
import { KEPT_MS } from "../../lib/domain/database/inbox.ts";
import { startPostgres } from "../../scripts/postgres.ts";
import userActivity from "../../workers/user_activity.ts";
import {
  activities,
  createUsers,
  eachDatabaseTest,
  inboxIds,
  inFolder,
  refuseUser13,
} from "../domain/database/each_database.ts";
import { postgresTest } from "../servers.ts";

const T = 1_700_000_000;

function event(user_profile_id: number, time = T): Record<string, unknown> {
  return { user_profile_id, client_id: 1, query: "home_real", time };
}

/** Runs events as one batch, on the database of an address or on one that is open. */
function run(
  where: { readonly url: string } | Database,
  events: readonly unknown[],
  messageIds: readonly (string | undefined)[] = [],
): Promise<BatchResult> {
  return runBatch(userActivity, events, {
    messageIds,
    ...("url" in where ? { environment: { DATABASE_URL: where.url } } : { database: where }),
  });
}

/** Runs events that must be done. */
async function count(...[where, events, ids]: Parameters<typeof run>): Promise<BatchResult> {
  const result = await run(where, events, ids);
  for (const { outcome, error } of result.events) assert.equal(outcome, "done", error?.message);
  return result;
}

Deno.test("user_activity takes batches of 500 events, or of a second", () => {
  assert.ok("batch" in userActivity);
  assert.deepEqual(userActivity.batch, { size: 500, seconds: 1 });
  assert.equal(userActivity.prefetch, 1000);
  assert.equal(userActivity.maxConsumeSeconds, 30);
});

Deno.test("user_activity spreads users over shards as Zulip does", () => {
  const shards = [1, 2, 3, 4].map((user) =>
    userActivity.shard?.(userActivity.event.parse(event(user)), 3)
  );
  assert.deepEqual(shards, [2, 3, 1, 2]);
});

Deno.test("user_activity takes Zulip's events, with or without failed_tries", () => {
  assert.deepEqual(userActivity.event.parse({ ...event(1), failed_tries: 1 }), event(1));
  assert.deepEqual(userActivity.event.parse(event(2 ** 31 - 1)), event(2 ** 31 - 1));
});

Deno.test("user_activity takes every time that Zulip's column does, and no other", () => {
  const isTaken = (time: number) => userActivity.event.safeParse(event(1, time)).success;
  const [first, end] = [-210_866_803_200, 9_224_318_016_000];
  assert.deepEqual(
    [first, -1, 0.5, T + 0.123456, T * 1000, end - 1].map(isTaken),
    Array(6).fill(true),
  );
  assert.deepEqual([first - 1, end, 1e300].map(isTaken), Array(3).fill(false));
});

Deno.test("user_activity refuses what does not fit its table", async () => {
  const wrong = [
    { user_profile_id: 0 },
    { user_profile_id: 2 ** 31 },
    { user_profile_id: "1" },
    { client_id: 1.5 },
    { client_id: -(2 ** 31) - 1 },
    { query: null },
    { time: 1e13 },
    { time: "now" },
    { time: undefined },
  ];
  for (const change of wrong) {
    const { outcome, reason } = await runEvent(userActivity, { ...event(1), ...change });
    assert.deepEqual([outcome, reason], ["failed", "invalid"], JSON.stringify(change));
  }
});

eachDatabaseTest(
  "user_activity counts a batch that is delivered twice once",
  async (database) => {
    const events = [event(1, T + 9), event(1), event(2)];
    for (let time = 0; time < 2; time++) await count(database, events, ["a", "b", undefined]);
    assert.deepEqual(await activities(await database.open()), [
      { user: 1, client: 1, query: "home_real", count: 2, time: T + 9 },
      { user: 2, client: 1, query: "home_real", count: 2, time: T },
    ]);
  },
);

eachDatabaseTest(
  "user_activity counts the rest of a batch when the database refuses one of its events",
  async (database) => {
    await refuseUser13(database, await database.open());
    const users = Array.from({ length: 100 }, (_, index) => index + 1);
    const { events, logs } = await run(database, users.map((user) => event(user)));
    assert.deepEqual(
      events.map(({ outcome }) => outcome),
      users.map((user) => user === 13 ? "retried" : "done"),
    );
    assert.equal(events[12]?.reason, "error");
    assert.match(events[12]?.error?.message ?? "", /not_13/);
    const rows = await activities(await database.open());
    assert.deepEqual(rows.map(({ user, count }) => [user, count]), counted(users));
    // A batch that fails as a whole is run again one by one, which is logged.
    assert.deepEqual(logs, []);
  },
);

function counted(users: readonly number[]): [user: number, count: number][] {
  return users.filter((user) => user !== 13).map((user) => [user, 1]);
}

postgresTest("user_activity counts the rest of a batch when one user is gone", async ({ url }) => {
  await migrateDatabase(url);
  await using db = await openDatabase(url);
  await createUsers(db, [1, 2, 4]);
  const { events, logs } = await run(db, [1, 2, 3, 4].map((user) => event(user)));
  assert.deepEqual(events.map(({ outcome }) => outcome), ["done", "done", "retried", "done"]);
  assert.match(events[2]?.error?.message ?? "", /foreign key/);
  assert.deepEqual((await activities(db)).map(({ user }) => user), [1, 2, 4]);
  assert.deepEqual(logs, []);
});

eachDatabaseTest("user_activity forgets ids after a day", async (database) => {
  const db = await database.open();
  const old = { queue: "user_activity", message_id: "old", seen_at: Date.now() - KEPT_MS - 1 };
  const young = { ...old, message_id: "young", seen_at: Date.now() - KEPT_MS + 60_000 };
  await db.insertInto("process_queue_inbox").values([old, young]).execute();
  await count(database, [event(1)], ["new"]);
  assert.deepEqual(await inboxIds(db), ["new", "young"]);
});

eachDatabaseTest(
  "user_activity counts events even where old ids cannot be deleted",
  async (database) => {
    const db = await database.open();
    const old = { queue: "user_activity", message_id: "old", seen_at: Date.now() - KEPT_MS - 1 };
    await db.insertInto("process_queue_inbox").values(old).execute();
    await sql`create table kept (queue text, message_id text,
      foreign key (queue, message_id) references process_queue_inbox (queue, message_id))`
      .execute(db);
    await sql`insert into kept values ('user_activity', 'old')`.execute(db);
    const { logs } = await count(db, [event(1)]);
    assert.equal((await activities(db))[0]?.count, 1);
    assert.deepEqual(logs.map(({ level }) => level), ["warning"]);
    assert.match(
      logs[0]?.message ?? "",
      /^Old ids stay in process_queue_inbox for now: .*foreign key/i,
    );
  },
);

eachDatabaseTest(
  "user_activity retries without counting where a table is gone",
  async (database) => {
    const db = await database.open();
    await sql`drop table zerver_useractivity`.execute(db);
    waits(await run(db, [event(1)], ["a"]), /run `process-queue migrate`/);
    assert.deepEqual(await inboxIds(db), []);
  },
);

/** Asserts that each event waits, however often, for a database with this fault. */
function waits({ events }: BatchResult, trouble: RegExp): void {
  for (const { outcome, reason, delay, counted, error } of events) {
    assert.deepEqual([outcome, reason, delay, counted], ["retried", "retry-later", 15, false]);
    assert.match(error?.message ?? "", trouble);
  }
}

Deno.test("user_activity retries without counting while SQLite is locked", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    await using db = await openDatabase(url);
    await using holder = await openDatabase(url);
    await holder.transaction().execute(async () => {
      waits(await run(db, [event(1)]), /is locked by another process/);
    });
    await count(db, [event(1)]);
    assert.equal((await activities(holder))[0]?.count, 1);
  }));

postgresTest(
  "user_activity retries without counting while its server cannot be reached, and then goes on",
  async () => {
    await using server = await startPostgres();
    await migrateDatabase(server.url);
    await using db = await openDatabase(server.url);
    await count(db, [event(1)], ["a"]);
    await server.stop();
    for (let time = 0; time < 2; time++) {
      waits(await run(db, [event(1)], ["b"]), /cannot be reached/);
    }
    await server.start();
    await count(db, [event(1)], ["b"]);
    assert.equal((await activities(db))[0]?.count, 2);
  },
);

Deno.test("user_activity starts without its server and lets events wait for it", async () => {
  const result = await run({ url: "postgres://u:s3cret@127.0.0.1:1/d" }, [event(1)]);
  assert.match(
    result.logs[0]?.message ?? "",
    /^Events wait for the database: PostgreSQL at 127\.0\.0\.1:1\/d cannot be reached /,
  );
  waits(result, /cannot be reached/);
});

postgresTest("user_activity does not start where the tables are missing", async (database) => {
  await assert.rejects(run(database, [event(1)]), {
    kind: "missing-table",
    message: /run `process-queue migrate`/,
  });
});
