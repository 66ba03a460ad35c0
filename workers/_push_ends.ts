/**
 * What the end of a run means for an event of pushes.
 *
 * @module
 */

import { type Context, Fail, PauseQueue, RetryLater } from "process-queue/worker";
import type { PushEvent } from "../lib/domain/push/push_event.ts";
import { type PushDecision, pushPause } from "../lib/domain/push/push_outcome.ts";
import { PushUnavailable } from "../lib/domain/push/push_transport.ts";
import { RegistrationError } from "../lib/domain/push/register.ts";
import { pauseIfLost } from "./_database.ts";

/** Seconds for which the push bouncer takes a registration. */
const REGISTRATION_SECONDS = 24 * 60 * 60;

/** Carries a decision out: returns, or throws what the engine understands. */
export function conclude(decision: PushDecision, event: PushEvent, ctx: Context): void {
  switch (decision.kind) {
    case "done":
      return;
    case "pause":
      throw pause(decision.service, decision.afterMs, decision.cause);
    case "later":
      return waitLater(decision, patienceOf(event, ctx), ctx);
    case "again":
      ctx.log.warn("{reason}", { reason: decision.reason });
      throw new RetryLater({ message: decision.reason });
  }
}

/** What an error means: the queue waits, or the same event fails again. */
export function meaningOf(error: unknown): unknown {
  if (error instanceof PushUnavailable) return pause(error.service, error.afterMs, error);
  if (error instanceof RegistrationError) return new Fail(error.message, { cause: error });
  return pauseIfLost(error);
}

function pause(service: string, afterMs: number | undefined, cause: unknown): PauseQueue {
  const seconds = afterMs === undefined ? {} : { seconds: Math.max(1, Math.ceil(afterMs / 1000)) };
  return new PauseQueue({ reason: service, ...seconds, cause });
}

function patienceOf({ kind }: PushEvent, { config }: Context): number {
  return kind === "register" ? REGISTRATION_SECONDS : config.push.patienceSeconds;
}

/**
 * Lets an event wait for a push service, or gives it up after so many seconds.
 *
 * @throws {RetryLater | Fail} Always.
 */
export function waitLater(
  { reason, afterMs }: { readonly reason: string; readonly afterMs?: number | undefined },
  patienceSeconds: number,
  { event }: Context,
): never {
  const now = Date.now();
  const since = Math.max(event.publishedAt ?? now, event.retriedAt ?? 0);
  const waited = (now - since) / 1000;
  if (waited >= patienceSeconds) {
    throw new Fail(`waited too long: ${reason} (given up after ${Math.floor(waited)} s)`);
  }
  throw new RetryLater({ after: pushPause(waited, afterMs), counts: false, message: reason });
}
