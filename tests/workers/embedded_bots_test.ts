import assert from "node:assert/strict";
import { openTestDatabase, runEvent } from "process-queue/testing";
import embeddedBots from "../../workers/embedded_bots.ts";
import { BotRealm, type GivenService } from "../fixtures/bots/bot_realm.ts";

function embeddedTest(
  name: string,
  services: readonly GivenService[],
  fn: (bots: BotRealm) => Promise<void>,
): void {
  Deno.test(name, async () => {
    await using db = await openTestDatabase();
    await fn(await BotRealm.make(db, services, { type: 4 }));
  });
}

async function run(bots: BotRealm, event: unknown, more: Record<string, unknown> = {}) {
  const environment = { EXTERNAL_HOST: "zulip.example" };
  const result = await runEvent(embeddedBots, event, { database: bots.db, environment, ...more });
  const logs = result.logs.map(({ level, message }) => `${level} ${message}`);
  return { ...result, logs };
}

const HELLO = [{ name: "helloworld" }];

embeddedTest("helloworld answers a mention and a direct message", HELLO, async (bots) => {
  for (const event of [await bots.mention(), await bots.direct()]) {
    assert.equal((await run(bots, event)).outcome, "done");
    assert(await bots.hasRead(event));
  }
  const sent = await bots.sent();
  assert.deepEqual(sent.map(({ content }) => content), ["beep boop", "beep boop"]);
  assert.equal(sent[0]?.recipient, bots.recipient);
  assert.equal(sent[0]?.topic, "lunch");
  assert.notEqual(sent[1]?.recipient, bots.recipient);
});

embeddedTest("an event that comes again is answered once", HELLO, async (bots) => {
  const event = await bots.mention();
  await run(bots, event);
  await run(bots, event);
  // As after a crash between the answer and the record of it.
  await bots.db.updateTable("process_queue_effect")
    .set({ state: "started", owner: "another", at: 1 }).execute();
  assert.equal((await run(bots, event)).outcome, "done");
  assert.equal((await bots.sent()).length, 1);
});

embeddedTest(
  "a service without a bot of this program is one error, and the others run",
  [{ name: "giphy" }, { name: "helloworld" }],
  async (bots) => {
    const event = await bots.mention();
    const { outcome, logs } = await run(bots, event);
    assert.equal(outcome, "done");
    const errors = logs.filter((line) => line.startsWith("error "));
    assert.deepEqual(errors, [
      `error Error: User ${bots.bot} has bot with invalid embedded bot service giphy`,
    ]);
    assert.deepEqual(await bots.said(), ["beep boop"]);
    assert(await bots.hasRead(event));
  },
);

const FOLLOWUP = [{ name: "followup" }];

async function configure(bots: BotRealm, stream: string): Promise<void> {
  await bots.db.insertInto("zerver_botconfigdata")
    .values({ bot_profile_id: bots.bot, key: "stream", value: stream }).execute();
}

embeddedTest("followup sends the message to its channel", FOLLOWUP, async (bots) => {
  await configure(bots, "Later");
  const { recipient } = await bots.realm.channel("later", [bots.owner]);
  assert.equal((await run(bots, await bots.mention("@**Weather** buy milk"))).outcome, "done");
  const [sent, ...others] = await bots.sent();
  assert.deepEqual(others, []);
  assert.equal(sent?.recipient, recipient);
  assert.equal(sent?.topic, "ada@example.com");
  assert.equal(sent?.content, "from ada@example.com: buy milk");
});

embeddedTest("followup asks for a message, and helps", FOLLOWUP, async (bots) => {
  await configure(bots, "later");
  await run(bots, await bots.mention("@**Weather**"));
  await run(bots, await bots.mention("@**Weather** help"));
  const [asked, helped] = await bots.said();
  assert.match(asked ?? "", /^Please specify the message/);
  assert.match(helped ?? "", /`followup`/);
});

embeddedTest(
  "a bot that fails is dead-lettered, has read its message, and runs again when requeued",
  FOLLOWUP,
  async (bots) => {
    const event = await bots.mention("@**Weather** buy milk");
    const failed = await run(bots, event);
    assert.equal(failed.outcome, "failed");
    assert.equal(failed.error?.message, "The embedded bot failed: No config data available.");
    assert(await bots.hasRead(event));
    await configure(bots, "nowhere");
    assert.match(
      (await run(bots, event, { retriedAt: Date.now() + 1 })).error?.message ?? "",
      /Channel 'nowhere' does not exist/,
    );
    await bots.realm.channel("nowhere", [bots.owner]);
    assert.equal((await run(bots, event, { retriedAt: Date.now() + 2 })).outcome, "done");
    assert.equal((await bots.sent()).length, 1);
  },
);
