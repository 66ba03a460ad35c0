import assert from "node:assert/strict";
import type { Database } from "../../../lib/domain/database/database.ts";
import { outboxLoop, withOutbox } from "../../../lib/domain/database/outbox.ts";
import { eachDatabaseTest } from "./each_database.ts";

const NEVER = new AbortController().signal;

/** A worker's context: what it published and warned of, and what its next publishes throw. */
class FakeContext {
  readonly published: [queue: string, event: unknown, id: string | undefined][] = [];
  readonly warnings: string[] = [];
  /** Called before each publish; may throw. */
  before: () => Promise<void> | void = () => {};
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  readonly log = {
    warn: (message: string, values: Record<string, unknown> = {}) => {
      this.warnings.push(message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name])));
    },
  };

  readonly publish = async (queue: string, event: unknown, { id }: { id?: string } = {}) => {
    await this.before();
    this.published.push([queue, event, id]);
  };

  readonly database = () => Promise.resolve(this.#db);
}

async function rows(db: Database): Promise<string[]> {
  const rows = await db.selectFrom("process_queue_outbox").select(["queue", "message_id"])
    .orderBy("id").execute();
  return rows.map(({ queue, message_id }) => `${queue} ${message_id}`);
}

/** A loop whose clock is `ms` ahead. */
function loopIn(ms: number, ctx: FakeContext): () => Promise<boolean> {
  const loop = outboxLoop(ctx, { now: () => Date.now() + ms });
  return () => loop.run(NEVER);
}

function insertId(db: Database, id: string): Promise<unknown> {
  return db.insertInto("process_queue_inbox").values({ queue: "q", message_id: id, seen_at: 1 })
    .execute();
}

function refuse(): never {
  throw new Error("the broker is away");
}

eachDatabaseTest("what a transaction publishes is published after its commit", async (t) => {
  const db = await t.open();
  const other = await t.open();
  const ctx = new FakeContext(db);
  let seen: unknown;
  ctx.before = async () => {
    seen ??= [
      await rows(other),
      await other.selectFrom("process_queue_inbox").selectAll().execute(),
    ];
  };
  const result = await withOutbox(db, ctx, async (trx, publish) => {
    publish("mails", { id: 9007199254740993n }, { id: "missed:7" });
    await insertId(trx, "a");
    publish("mails", "second");
    assert.deepEqual(ctx.published, []);
    return 5;
  });
  assert.equal(result, 5);
  const [, [, , id]] = ctx.published as [unknown, [unknown, unknown, string]];
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.deepEqual(ctx.published, [
    ["mails", { id: 9007199254740993n }, "missed:7"],
    ["mails", "second", id],
  ]);
  const committed = { queue: "q", message_id: "a", seen_at: 1 };
  assert.deepEqual(seen, [["mails missed:7", `mails ${id}`], [committed]]);
  assert.deepEqual(await rows(db), []);
  assert.deepEqual(ctx.warnings, []);
});

eachDatabaseTest("a transaction that fails publishes nothing", async (t) => {
  const db = await t.open();
  const ctx = new FakeContext(db);
  const failed = withOutbox(db, ctx, (_trx, publish) => {
    publish("mails", {});
    return Promise.reject(new Error("no"));
  });
  await assert.rejects(failed, { message: "no" });
  assert.deepEqual(ctx.published, []);
  assert.deepEqual(await rows(db), []);
});

const WRONG: readonly (readonly [what: string, event: unknown, id: string, error: RegExp])[] = [
  ["an event that JSON would change", { price: NaN }, "a", /NaN at \$\.price is not JSON/],
  ["an id that is too long", {}, "a".repeat(256), /its id is 256 bytes long/],
];
for (const [what, event, id, error] of WRONG) {
  eachDatabaseTest(`${what} fails its transaction`, async (t) => {
    const db = await t.open();
    const ctx = new FakeContext(db);
    const failed = withOutbox(db, ctx, async (trx, publish) => {
      await insertId(trx, "a");
      publish("mails", event, { id });
    });
    await assert.rejects(failed, error);
    assert.deepEqual(await db.selectFrom("process_queue_inbox").selectAll().execute(), []);
  });
}

eachDatabaseTest("what cannot be published is published 10 s later, with its id", async (t) => {
  const db = await t.open();
  const ctx = new FakeContext(db);
  ctx.before = refuse;
  await withOutbox(db, ctx, (_trx, publish) => Promise.resolve(publish("mails", { a: 1n })));
  assert.deepEqual(ctx.warnings, [
    "1 of the events in the outbox could not be published, and are tried again in 10 s: " +
    "the broker is away",
  ]);
  const [row] = await rows(db);
  ctx.before = () => {};
  assert.equal(await loopIn(0, ctx)(), false);
  assert.equal(ctx.published.length, 0);
  await loopIn(10_000, ctx)();
  const published = ctx.published.map(([queue, event, id]) => [`${queue} ${id}`, event]);
  assert.deepEqual(published, [[row, { a: 1 }]]);
  assert.deepEqual(await rows(db), []);
  await loopIn(99_000, ctx)();
  assert.equal(ctx.published.length, 1);
});

eachDatabaseTest("the loop tries an event again as long as it cannot be published", async (t) => {
  const db = await t.open();
  const ctx = new FakeContext(db);
  let tries = 0;
  ctx.before = () => {
    if (++tries < 4) refuse();
  };
  await withOutbox(db, ctx, (_trx, publish) => Promise.resolve(publish("mails", {}, { id: "a" })));
  for (let pass = 1; pass <= 4; pass++) await loopIn(10_000 * pass, ctx)();
  assert.equal(tries, 4);
  assert.deepEqual(ctx.published, [["mails", {}, "a"]]);
  assert.equal(ctx.warnings.length, 3);
});

eachDatabaseTest(
  "an event that can never be published has one warning, and then one an hour",
  async (t) => {
    const db = await t.open();
    const ctx = new FakeContext(db);
    ctx.before = refuse;
    const clock = { now: Date.now() };
    const loop = outboxLoop(ctx, { now: () => clock.now });
    await withOutbox(db, ctx, (_trx, publish) => Promise.resolve(publish("mails", {})));
    const warnings = async (minutes: number) => {
      ctx.warnings.length = 0;
      for (let passes = minutes / 5; passes > 0; passes--) {
        clock.now += 300_000;
        await loop.run(NEVER);
      }
      return [...ctx.warnings];
    };
    const first = "1 of the events in the outbox could not be published, and are tried again in " +
      "10 s: the broker is away";
    assert.deepEqual(await warnings(60), [first]);
    assert.deepEqual(await warnings(60), [
      "1 of the events in the outbox could not be published for an hour, at 12 more " +
      "attempts, and are tried again: the broker is away. If no attempt can help, correct or " +
      "delete the row in process_queue_outbox",
    ]);
    ctx.before = () => {
      throw new Error("another reason");
    };
    assert.deepEqual(await warnings(10), [first.replace("the broker is away", "another reason")]);
    ctx.before = refuse;
    assert.deepEqual(await warnings(5), [first]);
  },
);

eachDatabaseTest("of two loops at once, one publishes each event", async (t) => {
  const db = await t.open();
  const ctx = new FakeContext(db);
  ctx.before = refuse;
  const ids = Array.from({ length: 150 }, (_, index) => `event-${index}`);
  await withOutbox(db, ctx, (_trx, publish) => {
    for (const id of ids) publish("mails", {}, { id });
    return Promise.resolve();
  });
  const others = [new FakeContext(await t.open()), new FakeContext(await t.open())];
  const first = await Promise.all(others.map((other) => loopIn(10_000, other)()));
  assert.equal(first.filter((hasMore) => hasMore).length, 1);
  await Promise.all(others.map((other) => loopIn(10_000, other)()));
  const published = others.flatMap((other) => other.published.map(([, , id]) => id));
  assert.deepEqual(published.toSorted(), ids.toSorted());
  assert.deepEqual(await rows(db), []);
});

eachDatabaseTest("an event that a loop has claimed belongs to it for 60 s", async (t) => {
  const db = await t.open();
  const [ctx, other] = [new FakeContext(db), new FakeContext(await t.open())];
  ctx.before = refuse;
  await withOutbox(db, ctx, (_trx, publish) => Promise.resolve(publish("mails", {}, { id: "a" })));
  const stopped = new AbortController();
  ctx.before = () => {
    stopped.abort();
    return new Promise(() => {});
  };
  const loop = outboxLoop(ctx, { now: () => Date.now() + 10_000 });
  assert.equal(await loop.run(stopped.signal), false);
  await loopIn(60_000, other)();
  assert.deepEqual(other.published, []);
  await loopIn(80_000, other)();
  assert.deepEqual(other.published, [["mails", {}, "a"]]);
});

eachDatabaseTest("a transaction publishes more events than a statement takes", async (t) => {
  const db = await t.open();
  const ctx = new FakeContext(db);
  const events = Array.from({ length: 6_000 }, (_, index) => index);
  await withOutbox(db, ctx, (_trx, publish) => {
    for (const event of events) publish("mails", event);
    return Promise.resolve();
  });
  assert.deepEqual(ctx.published.map(([, event]) => event), events);
  assert.deepEqual(await rows(db), []);
});

eachDatabaseTest(
  "an event whose row cannot be removed was published, and is no error",
  async (t) => {
    const ctx = new FakeContext(await t.open());
    const lost = await t.open();
    ctx.before = () => lost.destroy();
    await withOutbox(
      lost,
      ctx,
      (_trx, publish) => Promise.resolve(publish("mails", {}, { id: "a" })),
    );
    assert.equal(ctx.published.length, 1);
    assert.match(
      ctx.warnings[0] ?? "",
      /^1 events were taken from the outbox and could not be remo/,
    );
    await loopIn(10_000, ctx)();
    assert.deepEqual(
      ctx.published.map(([, , id]) => id),
      ["a", "a"],
    );
  },
);
