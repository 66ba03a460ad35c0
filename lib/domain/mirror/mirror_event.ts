/**
 * The event that carries a mail to the queue `email_mirror`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { z } from "zod";

/** An event of `email_mirror`, as Zulip publishes it. */
export const mirrorEvent = z.object({
  /** The envelope's recipient. `null`: the mail's headers name it. */
  rcpt_to: z.string().nullish(),
  /** The mail as it came by SMTP, in base64. */
  msg_base64: z.base64(),
});

/** See {@linkcode mirrorEvent}. */
export type MirrorEvent = z.output<typeof mirrorEvent>;

const TRACE = /^(?:return-path|received|delivered-to|x-original-to|envelope-to)\s*:/i;
const MESSAGE_ID = /^message-id\s*:\s*(\S.*)$/is;
const DATE = /^date\s*:\s*(\S.*)$/is;
/** The longest header that is looked at, in bytes. */
const MAX_HEADER = 256 * 1024;

/**
 * The event of a mail to one recipient.
 *
 * @returns The event, and the `message_id` to publish it with: that of the same mail sent again is
 * the same.
 */
export function eventOf(mail: Uint8Array, recipient: string): { event: MirrorEvent; id: string } {
  return {
    event: { rcpt_to: recipient, msg_base64: Buffer.from(mail).toString("base64") },
    id: mailKey(mail, recipient),
  };
}

/**
 * What a mail to a recipient is recognized by when it comes again: `mirror:` and the SHA-256 of its
 * Message-ID, its date and the recipient; some devices give all their mails one Message-ID. A mail
 * without a Message-ID is recognized by its bytes, except the header's first lines that mail servers
 * add on the way.
 */
export function mailKey(mail: Uint8Array, recipient: string): string {
  const hash = createHash("sha256").update(recipient.trim().toLowerCase()).update("\0");
  const fields = headerFields(mail);
  const id = valueOf(fields, MESSAGE_ID);
  if (id !== undefined) hash.update("id\0").update(`${id}\0${valueOf(fields, DATE) ?? ""}`);
  else hash.update("mail\0").update(mail.subarray(traceLength(mail)));
  return `mirror:${hash.digest("hex")}`;
}

function valueOf(fields: readonly string[], pattern: RegExp): string | undefined {
  return fields.map((field) => pattern.exec(field)?.[1]?.replace(/\s+/g, " ").trim())
    .find((value) => value !== undefined && value !== "");
}

function traceLength(mail: Uint8Array): number {
  let length = 0;
  for (const field of headerFields(mail)) {
    if (!TRACE.test(field)) break;
    length += field.length;
  }
  return length;
}

/** The fields of the header with their line ends and folded lines: one byte is one character. */
function headerFields(mail: Uint8Array): string[] {
  const text = Buffer.from(mail.subarray(0, MAX_HEADER)).toString("latin1");
  const end = /\n\r?\n/.exec(text);
  return text.slice(0, end ? end.index + 1 : text.length).split(/(?<=\n)(?![ \t])/);
}
