/**
 * The worker of `email_senders` and `deferred_email_senders`: both send mails, and differ in who
 * waits for them.
 *
 * @module
 */

import {
  type Context,
  defineWorker,
  Discard,
  Fail,
  isDatabaseLost,
  PauseQueue,
  RetryLater,
  type Worker,
} from "process-queue/worker";
import { z } from "zod";
import { MailError } from "../lib/domain/mail/mail_error.ts";
import type { SendResult } from "../lib/domain/mail/outcome.ts";
import { type MailEvent, type PreparedMail, prepareMail } from "../lib/domain/mail/prepare.ts";
import {
  decideMail,
  heldBack,
  type MailDecision,
  mailPause,
  maybeSentPolicy,
  type Recorded,
  sentAgain,
  toSend,
} from "../lib/domain/mail/sending.ts";
import { TemplateError } from "../lib/domain/mail/templates/template_error.ts";
import { MailResources } from "./_mail_resources.ts";

/** Seconds one mail may take: the server may take EMAIL_TIMEOUT for each of some ten answers. */
const MAX_SECONDS = 180;
/** How long a mail may wait for a server that does not take it now. */
const PATIENCE_SECONDS = 24 * 60 * 60;

const text = z.string().nullish();
const event: z.ZodType<MailEvent> = z.strictObject({
  template_prefix: z.string(),
  to_user_ids: z.array(z.int32().positive()).nullish(),
  to_emails: z.array(z.string()).nullish(),
  to_user_id: z.int32().positive().nullish(),
  to_email: text,
  from_name: text,
  from_address: text,
  reply_to_email: text,
  language: text,
  date: text,
  context: z.record(z.string(), z.unknown()).nullish(),
  realm_id: z.int32().positive().nullish(),
  failed_tries: z.int().nullish(),
});

/** Defines the worker of a queue of mails. */
export function defineMailWorker(queue: string): Worker<MailEvent> {
  let resources: MailResources | undefined;
  return defineWorker({
    queue,
    event,
    secrets: ["to_emails", "to_email", "reply_to_email", "context.*"],
    requires: ["EMAIL_HOST"],
    prefetch: 20,
    maxConsumeSeconds: MAX_SECONDS,
    patienceSeconds: PATIENCE_SECONDS,
    setup(ctx) {
      return resources = new MailResources(ctx.config);
    },
    async consume(event, ctx) {
      if (!resources) throw new Error("The worker is not set up");
      try {
        conclude(await sendOnce(event, resources, ctx, secondsOf(queue, ctx)), ctx);
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

/**
 * Sends the mail to those who do not have it yet, and records who has it.
 *
 * @param maxSeconds As of {@linkcode secondsOf}.
 */
async function sendOnce(
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
  // Before the mail is out: what fails after that could have it sent twice.
  await effects.pruneNowAndThen(ctx.config.effectsDays);
  const { recipients } = prepared.mail;
  const policy = maybeSentPolicy(event.template_prefix, resources.maybeSent);
  const options = { maxSeconds, retriedAt };
  const states = policy === "resend"
    ? await effects.takeOver(id, recipients, options)
    : await effects.begin(id, recipients, options);
  const recorded = recipients.map((address, at): Recorded => ({
    address,
    state: states[at] ?? "run",
  }));
  const held = heldBack(recorded);
  if (held) return held;
  const to = toSend(recorded);
  const warning = sentAgain(recorded);
  if (warning) ctx.log.warn("{warning}", { warning });
  const result = to.length === 0 ? undefined : await deliver(event, prepared, to, resources, ctx);
  const { records, decision } = decideMail(recorded, result, policy);
  effects.doneSoon(id, records.done);
  await effects.failed(id, records.failed);
  await effects.forget(id, records.forget);
  return decision;
}

async function deliver(
  { template_prefix }: MailEvent,
  { mail, realm, lacksLanguage }: PreparedMail,
  recipients: readonly string[],
  resources: MailResources,
  ctx: Context,
): Promise<SendResult> {
  if (lacksLanguage) {
    ctx.log.info("The mail {template} has no language, so it is written in {language}", {
      template: template_prefix,
      language: resources.identity.language,
    });
  }
  // The id of the realm: its names may be in the context, whose values are masked.
  ctx.log.info("Sending {template} to {recipients}, realm {realm}", {
    template: template_prefix,
    recipients: recipientsText(recipients.length),
    realm: realm?.id ?? "none",
  });
  const result = await resources.send({ ...mail, recipients }, ctx.signal);
  const taken = result.kind === "answered"
    ? result.recipients.filter(({ kind }) => kind === "accepted").length
    : 0;
  if (taken > 0) {
    const properties = { template: template_prefix, recipients: recipientsText(taken) };
    ctx.log.info("Sent {template} to {recipients}", properties);
  }
  return result;
}

function recipientsText(count: number): string {
  return count === 1 ? "1 recipient" : `${count} recipients`;
}

/** Carries a decision out. */
function conclude(decision: MailDecision, ctx: Context): void {
  switch (decision.kind) {
    case "done":
      return;
    case "pause":
      throw new PauseQueue({ reason: "SMTP", cause: new Error(decision.reason) });
    case "later": {
      const now = Date.now();
      const waited = (now - (ctx.event.publishedAt ?? now)) / 1000;
      const left = decision.until === undefined ? undefined : (decision.until - now) / 1000;
      throw new RetryLater({
        after: mailPause(waited, left),
        counts: false,
        message: decision.reason,
      });
    }
    case "resend":
      ctx.log.warn("{reason}", { reason: decision.reason });
      throw new RetryLater({ message: decision.reason });
    case "stopped":
      throw new Error(decision.reason);
    case "fail":
      throw new Fail(decision.reason);
  }
}

/** What an error means for the event: the same mail fails again, or the queue waits. */
function meaningOf(error: unknown): unknown {
  if (isDatabaseLost(error)) {
    return new PauseQueue({ reason: "the database", cause: error });
  }
  if (error instanceof MailError || error instanceof TemplateError) {
    return new Fail(error.message, { cause: error });
  }
  return error;
}
