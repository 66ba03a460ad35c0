import assert from "node:assert/strict";
import { openDatabase } from "../../../../lib/domain/database/database.ts";
import { DatabaseError } from "../../../../lib/domain/database/database_error.ts";
import { DUE, MAKER, MissedWorld, NOW } from "./world.ts";

/** Registers a test with a user, `ada`, to whom `miss` sends a message that she misses. */
function worldTest(
  name: string,
  fn: (
    world: MissedWorld,
    ada: number,
    miss: (rendered?: string) => Promise<void>,
    broken: { error: Error | undefined },
  ) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using db = await openDatabase("sqlite::memory:");
    const broken: { error: Error | undefined } = { error: undefined };
    const world = await MissedWorld.make(db, {
      show(...args) {
        if (broken.error) throw broken.error;
        return MAKER.show(...args);
      },
    });
    const ada = await world.realm.user("ada", {
      timezone: "Europe/Berlin",
      twenty_four_hour_time: true,
      realm_name_in_email_notifications_policy: 2,
    });
    const ben = await world.realm.user("ben");
    const { recipient } = await world.realm.channel("kitchen", [ada, ben]);
    const miss = async (rendered_content = "<p>Soup?</p>") => {
      const message = await world.toChannel(ben, recipient, ada, "Soup?", { rendered_content });
      await world.miss(ada, message, "mentioned");
    };
    await fn(world, ada, miss, broken);
  });
}

worldTest("a pass that is stopped begins with no further user", async (world, _ada, miss) => {
  await miss();
  const signal = AbortSignal.abort();
  const { db, ctx, sender } = world;
  assert.equal(await sender.run({ db, ctx, now: DUE, signal }), false);
  assert.deepEqual(ctx.published, []);
  await world.pass();
  assert.equal(ctx.mails.length, 1);
});

worldTest("a user who was mailed meanwhile is tried again after a minute", async (
  world,
  ada,
  miss,
  broken,
) => {
  const MINUTE = 60_000;
  await miss();
  broken.error = new Error("no");
  await world.pass();
  await world.pass(DUE + MINUTE);
  broken.error = undefined;
  await world.pass(DUE + 3 * MINUTE);
  assert.equal(world.ctx.mails.length, 1);
  await miss();
  broken.error = new Error("no");
  await world.pass(DUE + 4 * MINUTE);
  assert.deepEqual(await world.due(ada), [DUE + 5 * MINUTE - NOW]);
});

worldTest("a database that is lost is not the user's fault", async (world, ada, miss, broken) => {
  await miss();
  broken.error = new DatabaseError("unreachable", "The database is away");
  await assert.rejects(world.pass(), { kind: "unreachable" });
  assert.deepEqual(await world.due(ada), [DUE - NOW]);
  assert.deepEqual(world.ctx.errors, []);
});

worldTest("a pass that is stopped does not wait for the broker", async (world, ada, miss) => {
  await miss();
  const { db, sender } = world;
  const pass = new AbortController();
  const publish = () => {
    pass.abort();
    return new Promise<void>(() => {});
  };
  const ctx = { log: world.ctx.log, publish };
  assert.equal(await sender.run({ db, ctx, now: DUE, signal: pass.signal }), false);
  assert.deepEqual(await world.due(ada), []);
  const left = await db.selectFrom("process_queue_outbox").select("queue").execute();
  assert.deepEqual(left, [{ queue: "email_senders" }]);
});

worldTest("rows that cannot be taken fail the pass", async (world, ada, miss) => {
  await miss();
  const error = new TypeError("a fault of the program");
  const db = new Proxy(world.db, {
    get(target, name) {
      if (name === "transaction") throw error;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { ctx, sender } = world;
  const { signal } = new AbortController();
  await assert.rejects(sender.run({ db, ctx, now: DUE, signal }), error);
  assert.deepEqual(await world.due(ada), [DUE - NOW]);
});

worldTest("over 200 missed messages of a user come in several mails", async (world, _ada, miss) => {
  for (let count = 0; count < 201; count++) await miss();
  await world.pass();
  await world.pass();
  const counts = world.ctx.mails.map(({ event }) => event.context.message_count);
  assert.deepEqual(counts, [200, 1]);
});

worldTest("a mail has the user's clock, and the realm's name where it is wanted", async (
  world,
  _ada,
  miss,
) => {
  await miss('<p><time datetime="2026-03-01T12:00:00Z">noon</time></p>');
  await world.pass();
  const [{ event: { context } }] = world.ctx.mails as [typeof world.ctx.mails[number]];
  assert.match(context.messages[0].senders[0].content[0].html, /13:00/);
  assert.equal(context.include_realm_name_in_missedmessage_emails_subject, true);
});

worldTest("what a mail cannot show of a message is in the log", async (world, ada, miss) => {
  await miss('<p><time datetime="soon">soon</time></p>');
  await world.pass();
  const [warning = "", ...others] = world.ctx.warnings;
  assert.deepEqual(others, []);
  assert.match(
    warning,
    new RegExp(`^The mail to user ${ada}: message \\d+: a time stays as .*"soon"`),
  );
});
