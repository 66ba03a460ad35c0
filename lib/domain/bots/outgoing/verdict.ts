/**
 * What the end of a call means. Pure.
 *
 * @module
 */

import { SendError } from "../../messages/send/new_message.ts";
import { AnswerError, type Reply, replyOf } from "./answer.ts";
import {
  DISALLOWED,
  exceptionText,
  NO_CONNECTION,
  ownerExceptionText,
  refusedText,
  respondedWith,
  statusText,
  timeoutText,
  UNAVAILABLE,
} from "./texts.ts";

/** How a call of a webhook ended. */
export type CallEnd =
  | {
    readonly kind: "answered";
    readonly status: number;
    readonly body: Uint8Array;
    /** By its Retry-After. */
    readonly retryAfterMs?: number | undefined;
  }
  | { readonly kind: "timeout" }
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The address may not be called. */
  | { readonly kind: "forbidden"; readonly reason: string }
  /** The host has failed again and again, and is not called for now. */
  | { readonly kind: "paused"; readonly ms: number }
  | { readonly kind: "error"; readonly name: string; readonly reason: string };

/** How a failure is reported. */
export interface Failure {
  readonly kind: "failed";
  /** For the chat, without its prefix. */
  readonly chat: string;
  /** For the bot's owner; `undefined` if the owner is not notified. */
  readonly owner: string | undefined;
  /** The answer's body, for the owner. */
  readonly payload?: Uint8Array | undefined;
  /** For the log. */
  readonly log: { readonly level: "info" | "warn" | "error"; readonly text: string };
  /** Whether it was the last of several attempts. */
  readonly isExhausted?: true;
}

/** What the end of a call means. */
export type Verdict =
  | { readonly kind: "reply"; readonly reply: Reply; readonly payload: Uint8Array }
  | { readonly kind: "silent" }
  | {
    readonly kind: "again";
    readonly reason: string;
    /** ms that the service asks to wait. */
    readonly afterMs?: number | undefined;
    /** Whether the call was made, and so counts. */
    readonly counts: boolean;
  }
  | Failure;

/** What decides, besides the end. */
export interface CallFacts {
  readonly isSlack: boolean;
  /** The message's content. */
  readonly command: string;
  /** Whether no further attempt is made. */
  readonly isLast: boolean;
  /** OUTGOING_WEBHOOK_TIMEOUT_SECONDS. */
  readonly timeoutSeconds: number;
  /** How long a host that is not called for now may be waited for, in ms. */
  readonly patienceMs: number;
}

/** The longest `Retry-After` that is waited for. */
const MOST_RETRY_AFTER_MS = 3_600_000;
const decoder = new TextDecoder();

/** What the end of a call means. */
export function verdictOf(end: CallEnd, facts: CallFacts): Verdict {
  switch (end.kind) {
    case "answered":
      return ofAnswer(end, facts);
    case "timeout":
      return ofLost("timed out", timeoutText(facts.timeoutSeconds), facts);
    case "unreachable":
      return ofLost(`resulted in a connection error: ${end.reason}`, NO_CONNECTION, facts);
    case "paused":
      return ofPause(end.ms, facts);
    case "forbidden":
      return {
        kind: "failed",
        chat: respondedWith(407),
        owner: DISALLOWED,
        log: { level: "warn", text: end.reason },
      };
    case "error":
      return {
        kind: "failed",
        chat: exceptionText(end.name, facts.command),
        owner: ownerExceptionText(end.name, end.reason),
        log: { level: "error", text: `Outhook trigger failed: ${end.name}: ${end.reason}` },
      };
  }
}

function ofAnswer(end: Extract<CallEnd, { kind: "answered" }>, facts: CallFacts): Verdict {
  const { status, body, retryAfterMs } = end;
  if (status >= 200 && status < 300) return ofSuccess(body, facts);
  const isPatient = (retryAfterMs ?? 0) <= MOST_RETRY_AFTER_MS;
  if (mayChange(status) && !facts.isLast && isPatient) {
    const reason = `the service responded with ${status}`;
    return { kind: "again", reason, afterMs: retryAfterMs, counts: true };
  }
  return {
    kind: "failed",
    chat: respondedWith(status),
    owner: statusText(status),
    payload: status === 407 ? undefined : body,
    log: {
      level: "warn",
      text: `triggered an outgoing webhook, returning status code ${status}. ` +
        `Content of response (in quotes): "${decoder.decode(body.subarray(0, 500))}"`,
    },
  };
}

/** Whether a later call may get another answer. */
function mayChange(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function ofSuccess(body: Uint8Array, { isSlack }: CallFacts): Verdict {
  try {
    const reply = replyOf(decoder.decode(body), isSlack);
    return reply ? { kind: "reply", reply, payload: body } : { kind: "silent" };
  } catch (error) {
    if (error instanceof AnswerError || error instanceof SendError) {
      return refusedReply(error.message, body);
    }
    throw error;
  }
}

/** An answer that cannot be understood, or sent. @param reason For users. */
export function refusedReply(reason: string, payload: Uint8Array | undefined): Failure {
  return {
    kind: "failed",
    chat: reason,
    owner: refusedText(reason),
    payload,
    log: { level: "info", text: `Outhook trigger failed: ${reason}` },
  };
}

function ofLost(what: string, owner: string, { isLast }: CallFacts): Verdict {
  if (!isLast) return { kind: "again", reason: `the call ${what}`, counts: true };
  return {
    kind: "failed",
    chat: UNAVAILABLE,
    owner,
    log: { level: "info", text: `the call ${what}` },
    isExhausted: true,
  };
}

/** A host is not waited for that will not be called before the patience is over. */
function ofPause(ms: number, facts: CallFacts): Verdict {
  const reason = "the host of the service fails again and again, and is not called for now";
  if (ms <= facts.patienceMs) return { kind: "again", reason, afterMs: ms, counts: false };
  return {
    kind: "failed",
    chat: UNAVAILABLE,
    owner: NO_CONNECTION,
    log: { level: "info", text: reason },
    isExhausted: true,
  };
}
