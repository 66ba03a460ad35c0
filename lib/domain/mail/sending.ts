/**
 * What follows from sending a mail: which recipients have it, and what happens to the event.
 *
 * @module
 */

import { busyUntil, type StepState } from "../database/effect_state.ts";
import type { RecipientResult, SendResult } from "./outcome.ts";

/** What happens to the event of a mail. */
export type MailDecision =
  | { readonly kind: "done" }
  /** No mail can be sent: the queue waits. */
  | { readonly kind: "pause"; readonly reason: string }
  /** The event waits, and does not use up an attempt. */
  | {
    readonly kind: "later";
    readonly reason: string;
    /** When it can go on at the latest, in ms since 1970, where that is known. */
    readonly until?: number;
  }
  /** The run was ended before anything was sent. */
  | { readonly kind: "stopped"; readonly reason: string }
  /** The mail may have been sent, and is sent again. */
  | { readonly kind: "resend"; readonly reason: string }
  /** Nothing helps, or only a person. */
  | { readonly kind: "fail"; readonly reason: string };

/** What is recorded of the recipients; those that are in none stay as they are. */
export interface MailRecords {
  /** They have the mail. */
  readonly done: readonly string[];
  /** Refused for good. */
  readonly failed: readonly string[];
  /** Certainly not sent: they may be tried at any time. */
  readonly forget: readonly string[];
}

/** Whether a mail that may have been sent is sent again, or reported. */
export type MaybeSent = "resend" | "report";

/** A recipient, and what the records say of it before the mail is sent. */
export interface Recorded {
  readonly address: string;
  readonly state: StepState;
}

/** Why a mail is kept back before anything is sent. */
export type Held = Extract<MailDecision, { kind: "later" }>;

const NONE: MailRecords = { done: [], failed: [], forget: [] };
/** Why nobody knows whether a mail was sent, where no answer is known. */
const NO_ANSWER = "an earlier run ended before the server answered";
/** The templates of mails that a person waits for at this moment. */
const AWAITED = new Set([
  "confirm_registration",
  "confirm_new_email",
  "confirm_demo_organization_email",
  "password_reset",
  "find_team",
  "realm_reactivation",
  "two_factor_code",
]);

/**
 * What to do with a mail that may have been sent.
 *
 * @param template Its name, with or without `zerver/emails/`.
 * @param setting EMAIL_MAYBE_SENT.
 */
export function maybeSentPolicy(template: string, setting: MaybeSent | undefined): MaybeSent {
  if (setting !== undefined) return setting;
  return AWAITED.has(template.replace(/^zerver\/emails\//, "")) ? "resend" : "report";
}

/** Whether another run sends this mail right now, so that this one has to wait. */
export function heldBack(recorded: readonly Recorded[]): Held | undefined {
  const until = busyUntil(recorded.map(({ state }) => state));
  if (until === undefined) return undefined;
  const reason = "another process is sending this mail, or was when it ended";
  return { kind: "later", reason, until };
}

/** The recipients that get the mail now. */
export function toSend(recorded: readonly Recorded[]): string[] {
  return recorded.filter(({ state }) => state === "run" || state === "again")
    .map(({ address }) => address);
}

/** What to warn of before the mail is sent: somebody may get it twice. */
export function sentAgain(recorded: readonly Recorded[]): string | undefined {
  const isAgain = recorded.some(({ state }) => state === "again");
  return isAgain ? `maybe sent, sent again: ${NO_ANSWER}` : undefined;
}

/**
 * What follows.
 *
 * @param recorded All recipients, none of them busy.
 * @param result What became of the mail to {@linkcode toSend}; `undefined` where those are none.
 */
export function decideMail(
  recorded: readonly Recorded[],
  result: SendResult | undefined,
  policy: MaybeSent,
): { readonly records: MailRecords; readonly decision: MailDecision } {
  const sent = toSend(recorded);
  switch (result?.kind) {
    case "not-sent":
      return { records: { ...NONE, forget: sent }, decision: notSent(result) };
    case "unknown":
      return { records: NONE, decision: maybeSent(result.reason, policy) };
    case "answered": {
      const answers = new Map(sent.map((address, at) => [address, result.recipients[at]]));
      return { records: recordsOf(answers), decision: decide(recorded, answers) };
    }
    case undefined:
      return { records: NONE, decision: decide(recorded, new Map()) };
  }
}

function notSent(
  { cause, reason }: Extract<SendResult, { kind: "not-sent" }>,
): MailDecision {
  if (cause === "aborted") return { kind: "stopped", reason };
  return { kind: cause === "interrupted" ? "later" : "pause", reason };
}

function maybeSent(reason: string, policy: MaybeSent): MailDecision {
  if (policy === "resend") return { kind: "resend", reason: `maybe sent, sent again: ${reason}` };
  return { kind: "fail", reason: `maybe sent: ${reason}` };
}

type Answers = ReadonlyMap<string, RecipientResult | undefined>;

function recordsOf(answers: Answers): MailRecords {
  const those = (kind: "accepted" | "refused", isForGood?: boolean) =>
    [...answers].filter(([, answer]) =>
      answer?.kind === kind && (answer.kind === "accepted" || answer.isForGood === isForGood)
    ).map(([address]) => address);
  return {
    done: those("accepted"),
    failed: those("refused", true),
    forget: those("refused", false),
  };
}

/** Waits while any recipient may still get it; then fails while one has not. */
function decide(recorded: readonly Recorded[], answers: Answers): MailDecision {
  const all = recorded.map(({ address, state }, at) => ({
    name: `<recipient ${at + 1}>`,
    state,
    answer: answers.get(address),
  }));
  const refusals = all.flatMap(({ name, answer }) =>
    answer?.kind === "refused"
      ? [{ ...answer, text: `${name} ${answer.code} ${answer.words}` }]
      : []
  );
  const now = refusals.filter(({ isForGood }) => !isForGood);
  if (now.length > 0) return { kind: "later", reason: texts("does not take it now", now) };
  if (all.some(({ state }) => state === "unknown")) {
    return { kind: "fail", reason: `maybe sent: ${NO_ANSWER}` };
  }
  const good = refusals.filter(({ isForGood }) => isForGood);
  if (good.length > 0) return { kind: "fail", reason: texts("refuses it", good) };
  const before = all.filter(({ state }) => state === "failed").map(({ name }) => name);
  if (before.length > 0) {
    return { kind: "fail", reason: `the mail server refused it before: ${before.join(", ")}` };
  }
  return { kind: "done" };
}

function texts(what: string, refusals: readonly { readonly text: string }[]): string {
  return `the mail server ${what}: ${refusals.map(({ text }) => text).join("; ")}`;
}

/**
 * Seconds until a mail that waits is tried again: the longer it has waited, the longer.
 *
 * @param untilSeconds When it can go on at the latest, from now.
 */
export function mailPause(waitedSeconds: number, untilSeconds = Infinity): number {
  const pause = waitedSeconds < 300 ? 60 : waitedSeconds < 3600 ? 300 : 900;
  return Math.max(1, Math.min(pause, Math.ceil(untilSeconds)));
}
