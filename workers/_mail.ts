/**
 * The worker of `email_senders` and `deferred_email_senders`: both send mails, and differ in who
 * waits for them.
 *
 * @module
 */

import { type Context, defineWorker, Discard, type Worker } from "process-queue/worker";
import { type MailEvent, mailEvent } from "../lib/domain/mail/mail_event.ts";
import type { SendResult } from "../lib/domain/mail/outcome.ts";
import { type PreparedMail, prepareMail } from "../lib/domain/mail/prepare.ts";
import { sendRecorded } from "../lib/domain/mail/recorded_mail.ts";
import { type MailDecision, maybeSentPolicy } from "../lib/domain/mail/sending.ts";
import { conclude, meaningOf } from "./_mail_ends.ts";
import { MailResources } from "./_mail_resources.ts";

/** Mails at once: while one is sent, the next ones are looked up, rendered and written. */
const CONCURRENCY = 3;
/** Seconds one mail may take: the server may take EMAIL_TIMEOUT for each of some ten answers. */
const MAX_SECONDS = 180;
/** The part of that time that it may wait for the mails before it. */
const WAITING_PART = 1 / 6;
/** How long a mail may wait for a server that does not take it now. */
const PATIENCE_SECONDS = 24 * 60 * 60;

/** Defines the worker of a queue of mails. */
export function defineMailWorker(queue: string): Worker<MailEvent> {
  let resources: MailResources | undefined;
  return defineWorker({
    queue,
    event: mailEvent,
    secrets: ["to_emails", "to_email", "reply_to_email", "context.*"],
    requires: ["EMAIL_HOST"],
    concurrency: CONCURRENCY,
    prefetch: 20,
    maxConsumeSeconds: MAX_SECONDS,
    patienceSeconds: PATIENCE_SECONDS,
    setup(ctx) {
      const connections = ctx.config.queues.get(queue)?.concurrency ?? 1;
      return resources = new MailResources(ctx.config, connections);
    },
    async consume(event, ctx) {
      if (!resources) throw new Error("The worker is not set up");
      try {
        conclude(await send(event, resources, ctx, secondsOf(queue, ctx)), ctx);
      } catch (error) {
        throw meaningOf(error);
      }
    },
  });
}

/** The longest time that a run can take, in seconds. */
function secondsOf(queue: string, { config }: Context): number {
  return (config.queues.get(queue)?.maxConsumeSeconds ?? MAX_SECONDS) + config.abortGraceSeconds;
}

async function send(
  event: MailEvent,
  resources: MailResources,
  ctx: Context,
  maxSeconds: number,
): Promise<MailDecision> {
  const db = await ctx.database();
  const { id, retriedAt } = ctx.event;
  const prepared = await prepareMail(event, { db, ...resources }, id, Date.now());
  if (!prepared) throw new Discard("None of the recipients can get mail");
  const effects = resources.effects(db, ctx);
  // A mail is recorded as started only when it is its turn: one that waits was certainly not sent.
  return await resources.turns.run(async () => {
    await effects.pruneNowAndThen(ctx.config.effectsDays); // A failure sends nothing twice here.
    return await sendRecorded({
      ...{ effects, id, retriedAt, maxSeconds },
      recipients: prepared.mail.recipients,
      policy: maybeSentPolicy(event.template_prefix, resources.maybeSent),
      send: (recipients) => deliver(event, prepared, recipients, resources, ctx),
      warn: (warning) => ctx.log.warn("{warning}", { warning }),
    });
  }, { key: id, signal: ctx.signal, waitMs: maxSeconds * 1000 * WAITING_PART });
}

async function deliver(
  { template_prefix: template }: MailEvent,
  prepared: PreparedMail,
  to: readonly string[],
  resources: MailResources,
  ctx: Context,
): Promise<SendResult> {
  if (prepared.lacksLanguage) {
    const { language } = resources.identity;
    ctx.log.info("The mail {template} has no language, so it is written in {language}", {
      ...{ template, language },
    });
  }
  // The id of the realm: its names may be in the context, whose values are masked.
  ctx.log.info("Sending {template} to {recipients}, realm {realm}", {
    template,
    recipients: recipientsText(to.length),
    realm: prepared.realm?.id ?? "none",
  });
  const result = await resources.send(prepared, to, ctx.signal);
  const count = acceptedBy(result);
  if (count > 0) {
    ctx.log.info("Sent {template} to {recipients}", {
      template,
      recipients: recipientsText(count),
    });
  }
  return result;
}

function acceptedBy(result: SendResult): number {
  if (result.kind !== "answered") return 0;
  return result.recipients.filter(({ kind }) => kind === "accepted").length;
}

function recipientsText(count: number): string {
  return count === 1 ? "1 recipient" : `${count} recipients`;
}
