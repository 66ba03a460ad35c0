/**
 * Sends a mail so that nobody gets it twice: each recipient has an effect record.
 *
 * @module
 */

import type { BeginOptions, Effects } from "../database/effects.ts";
import type { SendResult } from "./outcome.ts";
import {
  decideMail,
  heldBack,
  type MailDecision,
  type MaybeSent,
  type Recorded,
  sentAgain,
  toSend,
} from "./sending.ts";

/** How a mail is sent. */
export interface RecordedMail extends BeginOptions {
  readonly effects: Effects;
  /** The event's id, which is the key of its records. */
  readonly id: string;
  /** Addresses, each once. */
  readonly recipients: readonly string[];
  readonly policy: MaybeSent;
  /** Sends it to some of the recipients. */
  readonly send: (recipients: readonly string[]) => Promise<SendResult>;
  /** Somebody may get it twice. */
  readonly warn: (text: string) => void;
}

/**
 * Sends the mail to those who do not have it yet, and records who has it.
 *
 * @returns What happens to the event.
 * @throws {DatabaseError} When the database is lost before the mail is sent.
 */
export async function sendRecorded(
  { effects, id, recipients, policy, send, warn, ...begin }: RecordedMail,
): Promise<MailDecision> {
  const states = policy === "resend"
    ? await effects.takeOver(id, recipients, begin)
    : await effects.begin(id, recipients, begin);
  const recorded = recipients.map((address, at): Recorded => ({
    address,
    state: states[at] ?? "run",
  }));
  const held = heldBack(recorded);
  if (held) return held;
  const warning = sentAgain(recorded);
  if (warning) warn(warning);
  const to = toSend(recorded);
  const result = to.length === 0 ? undefined : await send(to);
  const { records, decision } = decideMail(recorded, result, policy);
  effects.doneSoon(id, records.done);
  await effects.failed(id, records.failed);
  await effects.forget(id, records.forget);
  return decision;
}
