import assert from "node:assert/strict";
import { botOf } from "../../../../lib/domain/bots/bot.ts";
import { botEvent } from "../../../../lib/domain/bots/bot_event.ts";
import { WebhookRunner } from "../../../../lib/domain/bots/outgoing/webhook_runner.ts";
import { type BeginOptions, Effects } from "../../../../lib/domain/database/effects.ts";
import { Breakers } from "../../../../lib/domain/http/breaker.ts";
import { MessageSender } from "../../../../lib/domain/messages/send/message_sender.ts";
import { BotRealm } from "../../../fixtures/bots/bot_realm.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";

/** Seconds that a Zulip server may take for three messages, each with two waits between calls. */
const BY_REST = 3 * (3 * 10 + 2 * 10);

/** Records which say how long a call is waited for. */
class Asked extends Effects {
  readonly seconds: number[] = [];

  override takeOver(...[key, steps, options]: Parameters<Effects["takeOver"]>) {
    this.seconds.push((options satisfies BeginOptions).maxSeconds);
    return super.takeOver(key, steps, options);
  }
}

domainTest("a call is waited for as long as its messages may take", async (db, { kind }) => {
  const bots = await BotRealm.make(db, [{}]);
  const [bot, event] = [await botOf(db, bots.bot), botEvent.parse(await bots.mention())];
  assert(bot?.services[0]);
  const log = { info() {}, warn() {}, error() {} };
  const site = { externalHost: "zulip.example", scheme: "https://" };
  await using effects = new Asked(db, { queue: "q", owner: "one" });
  await using sender = new MessageSender({
    ctx: { log, publish: () => Promise.resolve() },
    site,
    http: () => assert.fail("nothing is sent"),
  });
  const body = new TextEncoder().encode("{}");
  const http = {
    fetch: () => Promise.resolve({ url: "", status: 200, headers: {}, body, isCut: false }),
  };
  const runner = new WebhookRunner({
    ...{ queue: "q", http, sender, site, breakers: new Breakers() },
    ...{ timeoutSeconds: 10, signingSecret: undefined },
  });
  const run = { db, effects, event, bot, isLast: false, retriedAt: undefined, waitedMs: 0, log };
  const end = await runner.call(bot.services[0], { ...run, signal: new AbortController().signal });
  assert.equal(end.kind, "done");
  const [seconds = 0] = effects.seconds;
  if (kind === "zulip") assert(seconds >= 10 + BY_REST, `${seconds}`);
  else assert(seconds <= 60, `${seconds}`);
});
