/**
 * The queue `email_mirror`: mails to the addresses of channels, and answers to mails about messages.
 * Each becomes a message.
 *
 * @module
 */

import { outboxLoop } from "process-queue/database";
import {
  type Context,
  defineWorker,
  Discard,
  Fail,
  PauseQueue,
  RetryLater,
} from "process-queue/worker";
import { pruneNowAndThen } from "../lib/domain/database/inbox.ts";
import { pruneEffectsNowAndThen } from "../lib/domain/database/effects.ts";
import { RestError } from "../lib/domain/messages/send/rest_sender.ts";
import type { DeliveryEnd } from "../lib/domain/mirror/delivery.ts";
import { MailSyntaxError } from "../lib/domain/mirror/incoming_mail.ts";
import type { MirrorSetup } from "../lib/domain/mirror/mail_run.ts";
import { mirrorMail } from "../lib/domain/mirror/mirror.ts";
import { type MirrorEvent, mirrorEvent } from "../lib/domain/mirror/mirror_event.ts";
import { NoMessage } from "../lib/domain/mirror/no_message.ts";
import { Uploads, UploadsUnavailable } from "../lib/domain/uploads/uploads.ts";
import { BotResources } from "./_bots.ts";
import { pauseIfLost } from "./_database.ts";

const QUEUE = "email_mirror";
/** Seconds that a mail may take: one of 12 MB is parsed in a second, a Zulip server may be slow. */
const MAX_SECONDS = 90;
/** How long a mail waits for a Zulip server that does not answer. */
const PATIENCE_SECONDS = 24 * 60 * 60;
/** Seconds between two tries. */
const AGAIN_SECONDS = 60;

let resources: BotResources | undefined;

export default defineWorker({
  queue: QUEUE,
  event: mirrorEvent,
  secrets: ["rcpt_to", "msg_base64"],
  requires: ["EMAIL_GATEWAY_PATTERN", "LOCAL_UPLOADS_DIR"],
  ownDatabaseOnly: ({ mail }) => !mail.mirrorsAsUser,
  concurrency: 2,
  prefetch: 20,
  // Mails of one list are posted in their order, and one that came twice is seen.
  orderBy: ({ rcpt_to }) => rcpt_to ?? "",
  maxConsumeSeconds: MAX_SECONDS,
  // A mail of 12 MB takes about 100 MB while it is read.
  maxHeapMb: 512,
  patienceSeconds: PATIENCE_SECONDS,

  async setup(ctx) {
    ctx.loop(outboxLoop(ctx));
    await new Uploads(ctx.config.uploads.localDir ?? "").removeUnfinished(Date.now());
    return resources = new BotResources(ctx);
  },

  async consume(event, ctx) {
    if (!resources) throw new Error("The worker is not set up");
    try {
      conclude(await mirror(event, resources, ctx), ctx);
    } catch (error) {
      throw meaningOf(error, ctx);
    }
  },
});

async function mirror(
  event: MirrorEvent,
  bots: BotResources,
  ctx: Context,
): Promise<DeliveryEnd> {
  const { config: { mail, uploads, effectsDays, queues, abortGraceSeconds }, owner, signal } = ctx;
  const db = await ctx.database();
  await pruneNowAndThen(db, Date.now());
  await pruneEffectsNowAndThen(db, Date.now(), effectsDays);
  const { site, sender } = bots;
  const setup: MirrorSetup = {
    ...{ queue: QUEUE, site, sender, uploadsDir: uploads.localDir ?? "" },
    patterns: { pattern: mail.gatewayPattern, otherEnding: mail.gatewayOtherEnding },
  };
  const longest = (queues.get(QUEUE)?.maxConsumeSeconds ?? MAX_SECONDS) + abortGraceSeconds;
  return await mirrorMail(event, setup, {
    ...{ db, ctx, owner, signal, retriedAt: ctx.event.retriedAt, maxSeconds: longest },
    log: ctx.log,
    effects: () => bots.effects(db),
  });
}

function conclude(end: DeliveryEnd, ctx: Context): void {
  if (end.kind === "repeated") ctx.log.info("The mail was posted before, and is not posted again");
  if (end.kind !== "busy") return;
  throw new RetryLater({ after: Math.max(0, end.until - Date.now()) / 1000, counts: false });
}

function meaningOf(error: unknown, { log }: Context): unknown {
  if (error instanceof NoMessage) {
    log[error.level]("{text}", { text: error.message });
    return new Discard(error.message);
  }
  if (error instanceof MailSyntaxError) return new Fail(error.message);
  if (error instanceof UploadsUnavailable) {
    return new PauseQueue({ reason: "LOCAL_UPLOADS_DIR", cause: error });
  }
  if (error instanceof RestError) {
    return new RetryLater({ after: AGAIN_SECONDS, counts: false, message: error.message });
  }
  return pauseIfLost(error);
}
