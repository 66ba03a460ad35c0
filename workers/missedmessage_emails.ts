/**
 * The queue `missedmessage_emails`: mails about messages that users have missed. An event stores a
 * row; a loop publishes the mails of a user, one for each conversation, when the rows are due.
 *
 * @module
 */

import { outboxLoop } from "process-queue/database";
import { type Context, defineWorker, Discard, type WorkerContext } from "process-queue/worker";
import { z } from "zod";
import { pruneNowAndThen } from "../lib/domain/database/inbox.ts";
import { MailTemplates } from "../lib/domain/mail/templates/mail_templates.ts";
import { missedMailMaker } from "../lib/domain/messages/missed/mail_maker.ts";
import { addMissed, type MissedEvent } from "../lib/domain/messages/missed/pending.ts";
import { MissedMailSender } from "../lib/domain/messages/missed/sender.ts";
import { pauseIfLost } from "./_database.ts";

/** Seconds between two looks for rows that are due. */
const EVERY_SECONDS = 5;
/** Seconds that one look may take: 100 users. */
const MAX_SECONDS = 60;

/** Zulip's event; what it has beside these keys is of no use here. */
const event = z.object({
  user_profile_id: z.int32().positive(),
  message_id: z.int32().positive(),
  trigger: z.string().min(1),
  mentioned_user_group_id: z.int().positive().nullish(),
}).transform((event): MissedEvent => ({
  userId: event.user_profile_id,
  messageId: event.message_id,
  trigger: event.trigger,
  groupId: event.mentioned_user_group_id ?? null,
}));

export default defineWorker({
  queue: "missedmessage_emails",
  event,

  setup(ctx) {
    ctx.loop(sendingLoop(ctx));
    ctx.loop(outboxLoop(ctx));
  },

  async consume(event, ctx) {
    try {
      await store(event, ctx);
    } catch (error) {
      throw pauseIfLost(error);
    }
  },
});

async function store(event: MissedEvent, ctx: Context): Promise<void> {
  const db = await ctx.database();
  const now = Date.now();
  const added = await addMissed(db, event, { queue: ctx.queue, id: ctx.event.id, now });
  await pruneNowAndThen(db, now);
  if (added !== "gone") return;
  throw new Discard(`Message ${event.messageId}, its reader or the mentioned group is gone`);
}

/** Publishes what is due. While the database is away, its passes fail, and wait longer each time. */
function sendingLoop(ctx: WorkerContext): Parameters<WorkerContext["loop"]>[0] {
  const templates = new MailTemplates(ctx.config.mail.templatesDir);
  const sender = new MissedMailSender(missedMailMaker(ctx.config, templates));
  return {
    name: "send",
    everySeconds: EVERY_SECONDS,
    maxSeconds: MAX_SECONDS,
    async run(signal) {
      return await sender.run({ db: await ctx.database(), ctx, now: Date.now(), signal });
    },
  };
}
