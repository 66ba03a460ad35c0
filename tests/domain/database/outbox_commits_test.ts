import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import type { OutboxContext } from "../../../lib/domain/database/outbox.ts";
import { OutboxCommits } from "../../../lib/domain/database/outbox_commits.ts";
import { eachDatabaseTest } from "./each_database.ts";

/** A context whose publishes wait until they are let go. */
class HeldContext implements OutboxContext {
  readonly published: unknown[] = [];
  readonly warnings: string[] = [];
  readonly held = Promise.withResolvers<void>();
  isAway = false;

  readonly log = { warn: (message: string) => void this.warnings.push(message) };

  async publish(_queue: string, event: unknown): Promise<void> {
    if (this.isAway) throw new Error("the broker is away");
    this.published.push(event);
    await this.held.promise;
  }
}

function claim(db: Database, message_id: string): Promise<unknown> {
  return db.insertInto("process_queue_inbox").values({ queue: "q", message_id, seen_at: 1 })
    .execute();
}

async function stored(db: Database): Promise<{ ids: string[]; events: unknown[] }> {
  const inbox = await db.selectFrom("process_queue_inbox").select("message_id")
    .orderBy("message_id").execute();
  const outbox = await db.selectFrom("process_queue_outbox").select("body").orderBy("id").execute();
  return {
    ids: inbox.map(({ message_id }) => message_id),
    events: outbox.map(({ body }) => JSON.parse(body)),
  };
}

eachDatabaseTest("a caller goes on at the commit, before the broker has confirmed", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  const commits = new OutboxCommits(db, ctx);
  const result = await commits.run(async (trx, publish) => {
    await claim(trx, "a");
    publish("notices", "of a");
    return 5;
  });
  assert.equal(result, 5);
  assert.deepEqual(ctx.published, ["of a"]);
  assert.deepEqual(await stored(db), { ids: ["a"], events: ["of a"] });
  ctx.held.resolve();
  await commits[Symbol.asyncDispose]();
  assert.deepEqual(await stored(db), { ids: ["a"], events: [] });
});

eachDatabaseTest("those who come together share transactions", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  ctx.held.resolve();
  await using commits = new OutboxCommits(db, ctx);
  const names = ["a", "b", "c", "d"];
  const transactions = new Set<unknown>();
  await Promise.all(names.map((name) =>
    commits.run(async (trx, publish) => {
      transactions.add(trx);
      await claim(trx, name);
      publish("notices", name);
    })
  ));
  assert.deepEqual(ctx.published.toSorted(), names);
  // On PostgreSQL two may be open at once. Who finds one free waits for nobody, and the rest share.
  assert.ok(transactions.size <= (t.kind === "sqlite" ? 2 : 3), `${transactions.size}`);
  if (t.kind === "sqlite") assert.deepEqual(ctx.published, names);
});

eachDatabaseTest("what one caller publishes keeps the order of its calls", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  ctx.held.resolve();
  await using commits = new OutboxCommits(db, ctx);
  const names = ["a", "b", "c", "d", "e"];
  const others = names.map((name) => commits.run((trx) => claim(trx, name)));
  for (const name of names) {
    await commits.run((_trx, publish) => Promise.resolve(publish("notices", name)));
  }
  await Promise.all(others);
  assert.deepEqual(ctx.published, names);
});

eachDatabaseTest("who throws is alone with it: nothing of its work is kept", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  ctx.held.resolve();
  await using commits = new OutboxCommits(db, ctx);
  const ends = await Promise.allSettled(
    ["a", "b", "bad", "c"].map((name) =>
      commits.run(async (trx, publish) => {
        await claim(trx, name);
        publish("notices", name);
        if (name === "bad") throw new Error("refused");
        return name;
      })
    ),
  );
  assert.deepEqual(ends.map((end) => end.status === "fulfilled" ? end.value : end.reason.message), [
    "a",
    "b",
    "refused",
    "c",
  ]);
  assert.deepEqual((await stored(db)).ids, ["a", "b", "c"]);
  assert.deepEqual(ctx.published.toSorted(), ["a", "b", "c"]);
});

eachDatabaseTest("what the broker does not take stays in the outbox, with a warning", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  ctx.isAway = true;
  const commits = new OutboxCommits(db, ctx);
  await commits.run((_trx, publish) => Promise.resolve(publish("notices", "of a")));
  await commits[Symbol.asyncDispose]();
  assert.deepEqual((await stored(db)).events, ["of a"]);
  assert.equal(ctx.warnings.length, 1);
});

eachDatabaseTest("what is being committed at the end is published once", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  ctx.held.resolve();
  const commits = new OutboxCommits(db, ctx);
  const slow = Promise.withResolvers<void>();
  const last = commits.run(async (_trx, publish) => {
    await slow.promise;
    publish("notices", "the last");
  });
  const ended = commits[Symbol.asyncDispose]();
  slow.resolve();
  await Promise.all([last, ended]);
  assert.deepEqual(ctx.published, ["the last"]);
  assert.deepEqual((await stored(db)).events, []);
});

eachDatabaseTest("who goes on after an error of the database is alone with it", async (t) => {
  const db = await t.open();
  const ctx = new HeldContext();
  ctx.held.resolve();
  await using commits = new OutboxCommits(db, ctx);
  const work = (name: string) =>
    commits.run(async (trx) => {
      await claim(trx, name);
      if (name === "bad") await claim(trx, name).catch(() => {});
    });
  const ends = await Promise.allSettled(["a", "b", "bad"].map(work));
  // SQLite goes on with such a transaction.
  const kept = ["a", "b", "bad"].filter((_, at) => ends[at]?.status === "fulfilled");
  assert.deepEqual(kept, t.kind === "sqlite" ? ["a", "b", "bad"] : ["a", "b"]);
  assert.deepEqual((await stored(db)).ids, kept);
});
