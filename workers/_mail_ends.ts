/**
 * What the end of a run means for the event of a mail.
 *
 * @module
 */

import { type Context, Fail, PauseQueue, RetryLater } from "process-queue/worker";
import { MailError } from "../lib/domain/mail/mail_error.ts";
import { type MailDecision, mailPause } from "../lib/domain/mail/sending.ts";
import { TemplateError } from "../lib/domain/mail/templates/template_error.ts";
import { pauseIfLost } from "./_database.ts";

/** Carries a decision out: returns, or throws what the engine understands. */
export function conclude(decision: MailDecision, ctx: Context): void {
  switch (decision.kind) {
    case "done":
      return;
    case "pause":
      throw new PauseQueue({ reason: "SMTP", cause: new Error(decision.reason) });
    case "later":
      throw new RetryLater({
        after: pauseOf(decision, ctx, Date.now()),
        counts: false,
        message: decision.reason,
      });
    case "resend":
      ctx.log.warn("{reason}", { reason: decision.reason });
      throw new RetryLater({ message: decision.reason });
    case "stopped":
      throw new Error(decision.reason);
    case "fail":
      throw new Fail(decision.reason);
  }
}

/** What an error means: the queue waits, or the same mail fails again. */
export function meaningOf(error: unknown): unknown {
  if (error instanceof MailError || error instanceof TemplateError) {
    return new Fail(error.message, { cause: error });
  }
  return pauseIfLost(error);
}

function pauseOf(
  { until }: Extract<MailDecision, { kind: "later" }>,
  { event }: Context,
  now: number,
): number {
  const waited = (now - (event.publishedAt ?? now)) / 1000;
  return mailPause(waited, until === undefined ? undefined : (until - now) / 1000);
}
