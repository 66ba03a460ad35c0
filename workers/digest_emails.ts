/**
 * The queue `digest_emails`: mails to users who were away, with the busiest topics and new
 * channels. An event has some users of a realm; their mails are published to the queue of mails that
 * nobody waits for.
 *
 * @module
 */

import { outboxLoop, withOutbox } from "process-queue/database";
import { type Context, defineWorker, Discard, Fail } from "process-queue/worker";
import { z } from "zod";
import { pruneEffectsNowAndThen } from "../lib/domain/database/effects.ts";
import {
  DigestError,
  type DigestEvent,
  type DigestsMade,
  type DigestTools,
  publishDigests,
} from "../lib/domain/digests/digests.ts";
import { digestMaker } from "../lib/domain/digests/maker.ts";
import { RecentTopics } from "../lib/domain/digests/recent_topics.ts";
import { MailTemplates } from "../lib/domain/mail/templates/mail_templates.ts";
import { pauseIfLost } from "./_database.ts";

/** Seconds that an event may take: the messages of a large realm are read once a minute. */
const MAX_SECONDS = 300;

const userId = z.int32().positive();
/** Zulip's event, of now and of servers before 2021. */
const event = z.object({
  user_ids: z.array(userId).nullish(),
  user_profile_id: userId.nullish(),
  /** Seconds since 1970; Zulip writes them as text. */
  cutoff: z.union([z.string().regex(/^\d{1,10}$/, "not seconds since 1970"), z.int().min(0)]),
}).refine(({ user_ids, user_profile_id }) => user_ids ?? user_profile_id, {
  message: "user_ids is missing",
}).transform(({ user_ids, user_profile_id, cutoff }): DigestEvent => ({
  userIds: user_ids ?? [user_profile_id ?? 0],
  cutoff: Number(cutoff) * 1000,
}));

/** What a run of the worker keeps. */
type Kept = Pick<DigestTools, "maker" | "topics">;

let kept: Kept | undefined;

export default defineWorker({
  queue: "digest_emails",
  event,
  maxConsumeSeconds: MAX_SECONDS,

  setup(ctx) {
    const templates = new MailTemplates(ctx.config.mail.templatesDir);
    kept = { maker: digestMaker(ctx.config, templates), topics: new RecentTopics() };
    ctx.loop(outboxLoop(ctx));
  },

  async consume(event, ctx) {
    if (!kept) throw new Error("The worker is not set up");
    try {
      conclude(await publish(event, kept, ctx), event, ctx);
    } catch (error) {
      throw meaningOf(error);
    }
  },
});

async function publish(
  event: DigestEvent,
  kept: Kept,
  ctx: Context,
): Promise<DigestsMade | undefined> {
  const db = await ctx.database();
  const now = Date.now();
  await pruneEffectsNowAndThen(db, now, ctx.config.effectsDays);
  const tools = { ...kept, owner: ctx.owner, now };
  return await withOutbox(db, ctx, (trx, publish) => publishDigests(trx, publish, event, tools));
}

/** Users whose digests could not be made are tried again with the event; all others are done. */
function conclude(made: DigestsMade | undefined, { userIds }: DigestEvent, { log }: Context): void {
  if (!made) {
    throw new Discard(
      "None of the users gets digests: they were deleted, are deactivated, or have turned digests off",
    );
  }
  const { mailed, earlier, quiet, failed, warnings } = made;
  for (const warning of warnings) log.warn("A digest shows {warning}", { warning });
  log.info(
    "Digests of {users} users: {mailed} published, {quiet} with nothing to report, " +
      "{earlier} sent before",
    { users: userIds.length, mailed: mailed.length, quiet, earlier: earlier.length },
  );
  const [first] = failed;
  if (!first) return;
  const users = failed.map(({ user }) => user).join(", ");
  throw new Error(`The digests of users ${users} could not be made: ${first.reason}`);
}

function meaningOf(error: unknown): unknown {
  if (error instanceof DigestError) return new Fail(error.message, { cause: error });
  return pauseIfLost(error);
}
