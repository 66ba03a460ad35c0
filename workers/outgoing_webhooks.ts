/**
 * The queue `outgoing_webhooks`: messages for bots that a service on the web answers. Each service of
 * the bot is called once; what it answers is the bot's reply.
 *
 * @module
 */

import { outboxLoop } from "process-queue/database";
import { type Context, defineWorker, Discard, RetryLater } from "process-queue/worker";
import { type Bot, botOf } from "../lib/domain/bots/bot.ts";
import { type BotEvent, botEvent } from "../lib/domain/bots/bot_event.ts";
import { markReadByBot } from "../lib/domain/bots/read_mark.ts";
import { nextAttempt } from "../lib/domain/bots/outgoing/next_attempt.ts";
import { type ServiceEnd, WebhookRunner } from "../lib/domain/bots/outgoing/webhook_runner.ts";
import { Breakers } from "../lib/domain/http/breaker.ts";
import { httpRules } from "../lib/domain/http/configured.ts";
import { SafeHttp } from "../lib/domain/http/safe_fetch.ts";
import type { Database } from "../lib/domain/database/database.ts";
import { BotResources, SECRETS } from "./_bots.ts";
import { pauseIfLost } from "./_database.ts";

const QUEUE = "outgoing_webhooks";
/** Calls at once, unless PQ_OUTGOING_WEBHOOKS_CONCURRENCY says how many. */
const CALLS = 10;
/** Seconds before each further attempt. */
const RETRIES = [1, 5, 15] as const;

interface Opened {
  readonly bots: BotResources;
  readonly webhooks: WebhookRunner;
}

let opened: Opened | undefined;

export default defineWorker({
  queue: QUEUE,
  event: botEvent,
  secrets: SECRETS,
  // While ten services are called, the next events are looked up, or the last replies stored.
  concurrency: CALLS + 2,
  // So many that as many bots are among them.
  prefetch: 100,
  orderBy: ({ botId }) => botId,
  retries: RETRIES,
  // Five services, each of which takes a minute and waits as long for its turn.
  maxConsumeSeconds: 600,

  setup(ctx) {
    const stack = new AsyncDisposableStack();
    const bots = stack.use(new BotResources(ctx));
    const http = stack.use(new SafeHttp(httpRules(ctx.config)));
    const { timeoutSeconds, signingSecret } = ctx.config.bots;
    const { sender, site } = bots;
    const webhooks = new WebhookRunner({
      ...{ queue: QUEUE, http, sender, site, timeoutSeconds, signingSecret },
      breakers: new Breakers(),
      calls: ctx.config.queues.get(QUEUE)?.concurrency ?? CALLS,
    });
    opened = { bots, webhooks };
    ctx.loop(outboxLoop(ctx));
    return stack;
  },

  async consume(event, ctx) {
    if (!opened) throw new Error("The worker is not set up");
    try {
      await handle(event, opened, ctx);
    } catch (error) {
      throw pauseIfLost(error);
    }
  },
});

async function handle(event: BotEvent, opened: Opened, ctx: Context): Promise<void> {
  const db = await ctx.database();
  const bot = await botOf(db, event.botId);
  if (!bot?.isActive) throw new Discard(`The bot ${event.botId} does not exist or is deactivated`);
  const ends = await callAll({ event, bot, db }, opened, ctx);
  const isRead = ends.some((end) => end.kind === "done" && end.isRead);
  if (!isRead) await markReadByBot(db, ctx, bot.id, event.message.id);
  const next = nextAttempt(ends, ctx.event.attempt, retriesOf(ctx));
  if (next) throw new RetryLater(next);
}

/** Calls the services one after another, so that their replies have an order. */
async function callAll(
  about: { readonly event: BotEvent; readonly bot: Bot; readonly db: Database },
  { bots, webhooks }: Opened,
  ctx: Context,
): Promise<ServiceEnd[]> {
  const { attempt, retriedAt } = ctx.event;
  const effects = bots.effects(about.db);
  await effects.pruneNowAndThen(ctx.config.effectsDays);
  const ends: ServiceEnd[] = [];
  for (const service of about.bot.services) {
    ends.push(
      await webhooks.call(service, {
        ...about,
        ...{ effects, retriedAt, signal: ctx.signal, log: ctx.log },
        isLast: attempt > retriesOf(ctx).length,
        waitedMs: waitedMs(ctx),
      }),
    );
  }
  return ends;
}

/** Since it was published, or an operator has put it back. */
function waitedMs({ event: { publishedAt, retriedAt } }: Context): number {
  const now = Date.now();
  return Math.max(0, now - Math.max(publishedAt ?? now, retriedAt ?? 0));
}

function retriesOf({ config }: Context): readonly number[] {
  return config.queues.get(QUEUE)?.retries ?? RETRIES;
}
