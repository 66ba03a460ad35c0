import assert from "node:assert/strict";
import { Effects } from "../../../../lib/domain/database/effects.ts";
import { botOf } from "../../../../lib/domain/bots/bot.ts";
import { botEvent } from "../../../../lib/domain/bots/bot_event.ts";
import type { BotClient, EmbeddedBot } from "../../../../lib/domain/bots/embedded/embedded_bot.ts";
import { runEmbedded } from "../../../../lib/domain/bots/embedded/embedded_runner.ts";
import { MessageSender } from "../../../../lib/domain/messages/send/message_sender.ts";
import { openTestDatabase } from "../../../../lib/testing.ts";
import { BotRealm, type ZulipBotEvent } from "../../../fixtures/bots/bot_realm.ts";

/** Runs a bot of the test's own on a message. */
async function run(handler: EmbeddedBot, given: (bots: BotRealm) => Promise<ZulipBotEvent>) {
  await using db = await openTestDatabase();
  const bots = await BotRealm.make(db, [{ name: "test" }], { type: 4 });
  const lines: string[] = [];
  const note = (level: string) => (message: string, properties: Record<string, unknown> = {}) =>
    void lines.push(`${level} ${message.replace(/\{(\w+)\}/g, (_, key) => `${properties[key]}`)}`);
  const log = { warn: note("warn"), error: note("error") };
  const site = { externalHost: "zulip.example", scheme: "https://" };
  await using sender = new MessageSender({
    ctx: { log, publish: () => Promise.resolve() },
    site,
    http: () => assert.fail("no server is called"),
  });
  await using effects = new Effects(db, { queue: "embedded_bots", owner: "test" });
  const event = botEvent.parse(await given(bots));
  const bot = await botOf(db, bots.bot);
  const [service] = bot?.services ?? [];
  assert(bot && service);
  const end = await runEmbedded(service, {
    ...{ db, effects, sender, event, bot, log },
    queue: "embedded_bots",
    stateSizeLimit: 100,
    maxSeconds: 30,
    retriedAt: undefined,
    signal: new AbortController().signal,
    find: (name) => name === "test" ? handler : undefined,
  });
  return { end, lines, said: await bots.said(), told: await bots.told() };
}

Deno.test("a bot gets the message without its mention, after it was initialized", async () => {
  const seen: string[] = [];
  const bot: EmbeddedBot = {
    initialize: (client) => Promise.resolve(void seen.push(`init ${client.fullName}`)),
    handle: (message) => Promise.resolve(void seen.push(message.content)),
  };
  await run(bot, (bots) => bots.mention("@**Weather** rain?"));
  await run(bot, (bots) => bots.direct("rain?"));
  assert.deepEqual(seen, ["init Weather", "rain?", "init Weather", "rain?"]);
});

const QUITS: readonly EmbeddedBot[] = [
  { initialize: (client) => client.quit("no key"), handle: () => assert.fail("it has quit") },
  { handle: (_, client) => client.quit("no key") },
];

Deno.test("a bot that quits is a warning, and the message is done", async () => {
  for (const bot of QUITS) {
    const { end, lines } = await run(bot, (bots) => bots.mention());
    assert.equal(end.kind, "done");
    assert.match(lines.join(), /^warn The embedded bot test of the user \d+ has quit: no key$/);
  }
});

Deno.test("a bot may send 20 messages within 5 seconds, and is ended at the next", async () => {
  const bot: EmbeddedBot = {
    async handle(_, client) {
      for (let i = 0; i < 25; i++) await client.sendReply(`${i}`);
    },
  };
  const { end, said, lines } = await run(bot, (bots) => bots.mention());
  assert.equal(said.length, 20);
  assert.equal(end.kind, "done");
  assert.match(lines.join(), /has quit: It has sent 20 messages within 5 seconds/);
});

const PLACES: readonly [
  send: (client: BotClient) => Promise<void>,
  end: { said?: readonly string[]; told?: readonly string[]; failed?: RegExp },
][] = [
  [
    (client) =>
      client.sendMessage({ type: "stream", to: "KITCHEN", topic: "t", content: "to a channel" }),
    { said: ["to a channel"] },
  ],
  [
    (client) =>
      client.sendMessage({ type: "private", to: ["Ada@example.com"], content: "to a user" }),
    { told: ["to a user"] },
  ],
  [
    (client) => client.sendMessage({ type: "private", to: [], content: "to nobody" }),
    { failed: /^Message must have recipients!$/ },
  ],
  [
    (client) => client.sendMessage({ type: "private", to: ["x@example.com"], content: "?" }),
    { failed: /^Invalid email 'x@example.com'$/ },
  ],
  [
    (client) => client.sendMessage({ type: "stream", to: "nowhere", topic: "t", content: "?" }),
    { failed: /^Channel 'nowhere' does not exist$/ },
  ],
  [(client) => client.sendReply("  "), { failed: /^Message must not be empty$/ }],
];

Deno.test("a bot sends to channels by name and to users by address", async () => {
  for (const [send, { said = [], told = [], failed }] of PLACES) {
    const result = await run({ handle: (_, client) => send(client) }, (bots) => bots.mention());
    assert.deepEqual([result.said, result.told], [said, told]);
    if (result.end.kind === "failed") assert.match(result.end.reason, failed ?? /^never$/);
    else assert.equal(failed, undefined);
  }
});

Deno.test("configuration may be optional; reactions and edits do nothing", async () => {
  const found: unknown[] = [];
  const bot: EmbeddedBot = {
    async handle(_, client) {
      client.react();
      client.updateMessage();
      found.push(await client.configInfo({ optional: true }));
      await client.configInfo();
    },
  };
  const { end } = await run(bot, (bots) => bots.mention());
  assert.deepEqual(found, [{}]);
  assert.deepEqual(end, { kind: "failed", reason: "No config data available." });
});
