/**
 * Reads mails as they come by SMTP.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import PostalMime, { addressParser, decodeWords, type Email } from "postal-mime";

/** A file of a mail. */
export interface MailFile {
  /** As the mail names it: anything. */
  readonly name: string;
  /** In small letters, without parameters, such as `image/png`. */
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A mail. */
export interface IncomingMail {
  /** As it is written, decoded; empty where there is none. */
  readonly subject: string;
  /** The plain part; `undefined` where there is none. */
  readonly text: string | undefined;
  /** The HTML part; `undefined` where there is none. */
  readonly html: string | undefined;
  /** Its parts with a name, and mails in it. */
  readonly files: readonly MailFile[];
  /** Whether it answers another mail. */
  readonly isReply: boolean;
  /** The values of a header, decoded, in their order. @param name In small letters. */
  headers(name: string): readonly string[];
}

/** A mail that cannot be read; the message says why. */
export class MailSyntaxError extends Error {
  override readonly name = "MailSyntaxError";
}

const TEXT_PART = /^content-type:\s*text\/(?:plain|html)/im;
const FORWARDED_NAME = "forwarded-mail.eml";
const REPLY_SUBJECT = /^\s*(?:re|aw|sv|antw)\s*:/i;

/**
 * Reads a mail. Texts in an unknown encoding are read as windows-1252.
 *
 * @throws {MailSyntaxError} When its parts are nested over 256 levels deep, or its headers have over
 * 2 MiB.
 */
export async function readMail(bytes: Uint8Array): Promise<IncomingMail> {
  const email = await parsed(bytes);
  const headers = (name: string) => {
    return email.headers.filter(({ key }) => key === name).map(({ value }) => decodeWords(value));
  };
  const { text, html, subject = "" } = email;
  // The library makes no difference between an empty part and none.
  const isEmpty = text === undefined && html === undefined && hasTextPart(bytes, headers);
  return {
    subject,
    text: isEmpty ? "" : text,
    html,
    files: filesOf(email),
    isReply: email.inReplyTo !== undefined || email.references !== undefined ||
      REPLY_SUBJECT.test(subject),
    headers,
  };
}

async function parsed(bytes: Uint8Array): Promise<Email> {
  try {
    // A mail within the mail is a file, and does not run into the text.
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MailSyntaxError(`The mail cannot be read: ${reason}`);
  }
}

function hasTextPart(bytes: Uint8Array, headers: IncomingMail["headers"]): boolean {
  if (headers("content-type").length === 0) return true;
  return TEXT_PART.test(Buffer.from(bytes).toString("latin1"));
}

function filesOf({ attachments }: Email): MailFile[] {
  return attachments.flatMap(({ filename, mimeType, content }) => {
    const name = filename || (mimeType === "message/rfc822" ? FORWARDED_NAME : "");
    if (name === "" || typeof content === "string") return [];
    const bytes = new Uint8Array(content);
    return [{ name, contentType: mimeType.toLowerCase(), bytes }];
  });
}

/** The addresses in a header's value, without names. */
export function addressesIn(value: string): string[] {
  return addressParser(value, { flatten: true }).flatMap(({ address }) => address ? [address] : []);
}
