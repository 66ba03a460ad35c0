import assert from "node:assert/strict";
import { botOf } from "../../../../lib/domain/bots/bot.ts";
import { botEvent } from "../../../../lib/domain/bots/bot_event.ts";
import type { WebhookHttp } from "../../../../lib/domain/bots/outgoing/webhook_call.ts";
import { WebhookRunner } from "../../../../lib/domain/bots/outgoing/webhook_runner.ts";
import { type BeginOptions, Effects } from "../../../../lib/domain/database/effects.ts";
import { Breakers } from "../../../../lib/domain/http/breaker.ts";
import { MessageSender } from "../../../../lib/domain/messages/send/message_sender.ts";
import { BotRealm } from "../../../fixtures/bots/bot_realm.ts";
import { until } from "../../../fixtures/until.ts";
import { domainTest } from "../../../fixtures/database/shapes.ts";

/** Seconds that a Zulip server may take for three messages, each with two waits between calls. */
const BY_REST = 3 * (3 * 10 + 2 * 10);

const LOG = { info() {}, warn() {}, error() {} };
const SITE = { externalHost: "zulip.example", scheme: "https://" };
const ANSWER = {
  ...{ url: "", status: 200, headers: {}, isCut: false },
  body: new TextEncoder().encode("{}"),
};
const RUN = {
  ...{ isLast: false, retriedAt: undefined, waitedMs: 0, log: LOG },
  signal: new AbortController().signal,
};

/** Records which say how long a call is waited for. */
class Asked extends Effects {
  readonly seconds: number[] = [];

  override takeOver(...[key, steps, options]: Parameters<Effects["takeOver"]>) {
    this.seconds.push((options satisfies BeginOptions).maxSeconds);
    return super.takeOver(key, steps, options);
  }
}

/** A runner whose calls are answered by `fetch`. */
function runnerWith(sender: MessageSender, calls: number, fetch: WebhookHttp["fetch"]) {
  return new WebhookRunner({
    ...{ queue: "q", http: { fetch }, sender, site: SITE, breakers: new Breakers() },
    ...{ calls, timeoutSeconds: 10, signingSecret: undefined },
  });
}

function unusedSender(): MessageSender {
  return new MessageSender({
    ctx: { log: LOG, publish: () => Promise.resolve() },
    site: SITE,
    http: () => assert.fail("nothing is sent"),
  });
}

domainTest("a call is waited for as long as its messages may take", async (db, { kind }) => {
  const bots = await BotRealm.make(db, [{}]);
  const [bot, event] = [await botOf(db, bots.bot), botEvent.parse(await bots.mention())];
  assert(bot?.services[0]);
  await using effects = new Asked(db, { queue: "q", owner: "one" });
  await using sender = unusedSender();
  const runner = runnerWith(sender, 1, () => Promise.resolve(ANSWER));
  const end = await runner.call(bot.services[0], { ...RUN, db, effects, event, bot });
  assert.equal(end.kind, "done");
  const [seconds = 0] = effects.seconds;
  if (kind === "zulip") assert(seconds >= 10 + BY_REST, `${seconds}`);
  else assert(seconds <= 60, `${seconds}`);
});

domainTest("no more services are called at once than there are slots", async (db) => {
  const bots = await BotRealm.make(db, [{}]);
  const bot = await botOf(db, bots.bot);
  const service = bot?.services[0];
  assert(bot && service);
  await using effects = new Effects(db, { queue: "q", owner: "one" });
  await using sender = unusedSender();
  const calls: (() => void)[] = [];
  let called = 0;
  const runner = runnerWith(sender, 2, async () => {
    called++;
    await new Promise<void>((resolve) => calls.push(resolve));
    return ANSWER;
  });
  const events = [];
  for (let i = 0; i < 3; i++) events.push(botEvent.parse(await bots.mention()));
  const ends = Promise.all(
    events.map((event) => runner.call(service, { ...RUN, db, effects, event, bot })),
  );
  await until("two are called", () => calls.length === 2);
  calls.shift()?.();
  await until("the third is called", () => called === 3);
  assert.equal(calls.length, 2);
  for (const answer of calls) answer();
  assert.deepEqual((await ends).map(({ kind }) => kind), ["done", "done", "done"]);
});
