/**
 * Makes messages of mails: what an event of the queue `email_mirror` does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { AddressError, decodeAddress, type MirrorAddress } from "./address.ts";
import { answerMail } from "./answer_mail.ts";
import { postToChannel } from "./channel_mail.ts";
import type { DeliveryEnd } from "./delivery.ts";
import { readMail } from "./incoming_mail.ts";
import { type MailRun, type MirrorSetup, misaddressed } from "./mail_run.ts";
import { mailKey, type MirrorEvent } from "./mirror_event.ts";
import { recipientOf } from "./recipient.ts";

/** What a mail is mirrored with. */
export type MirrorRun = Omit<MailRun, "mail" | "key" | "recipient">;

/**
 * Makes messages of a mail.
 *
 * @throws {MailSyntaxError} When the mail cannot be read.
 * @throws {NoMessage} When it becomes no message, and will not when it comes again.
 * @throws {UploadsUnavailable} When its files cannot be stored.
 * @throws {RestError} When a Zulip server does not answer.
 * @throws {DatabaseError} When the database is lost.
 */
export async function mirrorMail(
  { rcpt_to, msg_base64 }: MirrorEvent,
  setup: MirrorSetup,
  given: MirrorRun,
): Promise<DeliveryEnd> {
  const bytes = Buffer.from(msg_base64, "base64");
  const mail = await readMail(bytes);
  const recipient = recipientOf(rcpt_to, mail, setup.patterns);
  const address = addressOf({ mail, recipient }, setup);
  const run = { ...given, mail, recipient, key: mailKey(bytes, recipient) };
  return address.kind === "channel"
    ? await postToChannel(address, setup, run)
    : await answerMail(address, setup, run);
}

function addressOf(about: Pick<MailRun, "mail" | "recipient">, setup: MirrorSetup): MirrorAddress {
  try {
    return decodeAddress(about.recipient, setup.patterns);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw misaddressed(about, setup, error.message, "Invalid address");
  }
}
