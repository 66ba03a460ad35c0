/**
 * The queue `embedded_bots`: messages for bots whose code is part of this program.
 *
 * @module
 */

import { outboxLoop } from "process-queue/database";
import { type Context, defineWorker, Discard, Fail, RetryLater } from "process-queue/worker";
import { botOf } from "../lib/domain/bots/bot.ts";
import { type BotEvent, botEvent } from "../lib/domain/bots/bot_event.ts";
import { type EmbeddedEnd, runEmbedded } from "../lib/domain/bots/embedded/embedded_runner.ts";
import { markReadByBot } from "../lib/domain/bots/read_mark.ts";
import { BotResources, SECRETS } from "./_bots.ts";
import { pauseIfLost } from "./_database.ts";

const QUEUE = "embedded_bots";
/** Seconds that one message may take. */
const MAX_SECONDS = 30;

let bots: BotResources | undefined;

export default defineWorker({
  queue: QUEUE,
  event: botEvent,
  secrets: SECRETS,
  maxConsumeSeconds: MAX_SECONDS,

  setup(ctx) {
    ctx.loop(outboxLoop(ctx));
    return bots = new BotResources(ctx);
  },

  async consume(event, ctx) {
    if (!bots) throw new Error("The worker is not set up");
    try {
      await handle(event, bots, ctx);
    } catch (error) {
      throw pauseIfLost(error);
    }
  },
});

async function handle(event: BotEvent, resources: BotResources, ctx: Context): Promise<void> {
  const db = await ctx.database();
  const bot = await botOf(db, event.botId);
  if (!bot?.isActive) throw new Discard(`The bot ${event.botId} does not exist or is deactivated`);
  const effects = resources.effects(db);
  await effects.pruneNowAndThen(ctx.config.effectsDays);
  const ends: EmbeddedEnd[] = [];
  for (const service of bot.services) {
    ends.push(
      await runEmbedded(service, {
        ...{ db, effects, event, bot, queue: QUEUE, sender: resources.sender },
        ...{ retriedAt: ctx.event.retriedAt, signal: ctx.signal, log: ctx.log },
        stateSizeLimit: ctx.config.bots.stateSizeLimit,
        maxSeconds: secondsOf(ctx),
      }),
    );
  }
  await markReadByBot(db, ctx, bot.id, event.message.id);
  conclude(ends);
}

/** The longest time that a run can take, in seconds. */
function secondsOf({ config }: Context): number {
  return (config.queues.get(QUEUE)?.maxConsumeSeconds ?? MAX_SECONDS) + config.abortGraceSeconds;
}

/** A bot that failed may have answered: it runs again only when an operator puts the event back. */
function conclude(ends: readonly EmbeddedEnd[]): void {
  const failed = ends.flatMap((end) => end.kind === "failed" ? [end.reason] : []);
  if (failed.length > 0) throw new Fail(`The embedded bot failed: ${failed.join("; ")}`);
  const until = Math.max(...ends.map((end) => end.kind === "busy" ? end.until : 0));
  if (until <= 0) return;
  throw new RetryLater({ after: Math.max(0, until - Date.now()) / 1000, counts: false });
}
