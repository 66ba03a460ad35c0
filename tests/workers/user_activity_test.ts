import assert from "node:assert/strict";
import { sql } from "kysely";
import { migrateDatabase } from "../../lib/database/database.ts";
import { DatabaseError } from "../../lib/database/database_error.ts";
import { KEPT_MS } from "../../lib/database/inbox.ts";
import { RetryLater } from "../../lib/worker.ts";
import { startPostgres } from "../../scripts/postgres.ts";
import userActivity from "../../workers/user_activity.ts";
import {
  activities,
  eachDatabaseTest,
  inboxIds,
  inFolder,
  refuseUser13,
  type TestDatabase,
} from "../database/each_database.ts";
import { postgresTest } from "../servers.ts";
import { contextFor, runBatch, type TestContext, withIds } from "./context.ts";

const T = 1_700_000_000;

function event(user_profile_id: number, time = T): Record<string, unknown> {
  return { user_profile_id, client_id: 1, query: "home_real", time };
}

function context({ url }: Pick<TestDatabase, "url">): TestContext {
  return contextFor({ queue: "user_activity", databaseUrl: url });
}

function run(ctx: TestContext, bodies: unknown[], ids?: (string | undefined)[]): Promise<void> {
  return runBatch(userActivity, bodies, withIds(ctx, ids ?? bodies.map(() => undefined)));
}

Deno.test("user_activity takes 100 events or what comes in a second", () => {
  assert.ok("batch" in userActivity);
  assert.deepEqual(userActivity.batch, { size: 100, seconds: 1 });
  assert.equal(userActivity.prefetch, 500);
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

Deno.test("user_activity refuses what does not fit its table", () => {
  const wrong = [
    { user_profile_id: 0 },
    { user_profile_id: 2 ** 31 },
    { user_profile_id: "1" },
    { client_id: 1.5 },
    { client_id: -(2 ** 31) - 1 },
    { query: null },
    { time: -1 },
    { time: 1.5 },
    { time: T * 1000 },
    { time: undefined },
  ];
  for (const change of wrong) {
    const { success } = userActivity.event.safeParse({ ...event(1), ...change });
    assert.equal(success, false, JSON.stringify(change));
  }
});

eachDatabaseTest(
  "user_activity counts a batch, and one that comes again once",
  async (database) => {
    await using ctx = context(database);
    const bodies = [event(1, T + 9), event(1), event(2)];
    for (let time = 0; time < 2; time++) await run(ctx, bodies, ["a", "b", undefined]);
    assert.deepEqual(await activities(await database.open()), [
      { user: 1, client: 1, query: "home_real", count: 2, time: T + 9 },
      { user: 2, client: 1, query: "home_real", count: 2, time: T },
    ]);
  },
);

eachDatabaseTest("user_activity lets a refused batch be run again one by one", async (database) => {
  await using ctx = context(database);
  await refuseUser13(database, await database.open());
  const bodies = [event(1), event(13), event(2)];
  const ids = ["a", "b", "c"];
  await assert.rejects(run(ctx, bodies, ids), dataFault);
  for (const [index, body] of bodies.entries()) {
    const one = run(ctx, [body], [ids[index]]);
    if (index === 1) await assert.rejects(one, dataFault);
    else await one;
  }
  const rows = await activities(await database.open());
  assert.deepEqual(rows.map(({ user, count }) => [user, count]), [[1, 1], [2, 1]]);
});

function dataFault(error: unknown): boolean {
  return error instanceof Error && !(error instanceof RetryLater) && /not_13/.test(error.message);
}

eachDatabaseTest("user_activity forgets ids after a day", async (database) => {
  await using ctx = context(database);
  const db = await database.open();
  const old = { queue: "user_activity", message_id: "old", seen_at: Date.now() - KEPT_MS - 1 };
  const young = { ...old, message_id: "young", seen_at: Date.now() - KEPT_MS + 60_000 };
  await db.insertInto("process_queue_inbox").values([old, young]).execute();
  await run(ctx, [event(1)], ["new"]);
  assert.deepEqual(await inboxIds(db), ["new", "young"]);
});

eachDatabaseTest(
  "user_activity counts events even where old ids cannot be deleted",
  async (database) => {
    await using ctx = context(database);
    const db = await database.open();
    await run(ctx, [event(1)], ["first"]);
    await sql`drop table process_queue_inbox`.execute(db);
    await using fresh = context(database);
    // Without ids the inbox is needed for deleting only.
    Object.assign(fresh, { database: () => Promise.resolve(db) });
    await run(fresh, [event(1)]);
    assert.equal((await activities(db))[0]?.count, 2);
    assert.match(
      fresh.warnings.join(),
      /^Old ids stay in process_queue_inbox for now: .*process_queue_inbox/,
    );
  },
);

eachDatabaseTest(
  "user_activity retries without counting where a table is gone",
  async (database) => {
    await using ctx = context(database);
    const db = await ctx.database();
    await sql`drop table zerver_useractivity`.execute(db);
    await assert.rejects(run(ctx, [event(1)], ["a"]), (error) => waits(error, "missing-table"));
    assert.deepEqual(await inboxIds(db), []);
  },
);

/** Whether it makes the event wait, however often, for a database in this trouble. */
function waits(error: unknown, kind: string): boolean {
  assert.ok(error instanceof RetryLater, String(error));
  assert.deepEqual([error.after, error.counts], [15, false]);
  assert.ok(error.cause instanceof DatabaseError);
  assert.deepEqual([error.cause.kind, error.cause.message], [kind, error.message]);
  return true;
}

Deno.test("user_activity retries without counting while SQLite is locked", () =>
  inFolder(async (folder) => {
    const url = `sqlite:${folder}/test.sqlite`;
    await using ctx = context({ url });
    await using holder = context({ url });
    const db = await holder.database();
    await ctx.database();
    await db.transaction().execute(async () => {
      await assert.rejects(run(ctx, [event(1)]), (error) => waits(error, "busy"));
    });
    await run(ctx, [event(1)]);
    assert.equal((await activities(db))[0]?.count, 1);
  }));

postgresTest(
  "user_activity retries without counting while its server is away, and then goes on",
  async () => {
    await using server = await startPostgres();
    await migrateDatabase(server.url);
    await using ctx = context(server);
    await run(ctx, [event(1)], ["a"]);
    await server.stop();
    for (let time = 0; time < 2; time++) {
      await assert.rejects(run(ctx, [event(1)], ["b"]), (error) => waits(error, "unreachable"));
    }
    await server.start();
    await run(ctx, [event(1)], ["b"]);
    assert.equal((await activities(await ctx.database()))[0]?.count, 2);
  },
);

Deno.test("user_activity starts without its server and lets events wait for it", async () => {
  await using ctx = context({ url: "postgres://u:s3cret@127.0.0.1:1/d" });
  await userActivity.setup?.(ctx);
  assert.match(
    ctx.warnings.join(),
    /^Events wait for the database: PostgreSQL at 127\.0\.0\.1:1\/d cannot be reached /,
  );
  await assert.rejects(run(ctx, [event(1)]), (error) => waits(error, "unreachable"));
});

postgresTest("user_activity does not start where the tables are missing", async ({ url }) => {
  await using ctx = context({ url });
  await assert.rejects(async () => await userActivity.setup?.(ctx), {
    kind: "missing-table",
    message: /run `process-queue migrate`/,
  });
});
