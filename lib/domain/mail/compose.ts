/**
 * A mail of its parts: which headers it has, who it is from, and how a resend is recognized.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { withoutPort } from "../users/realm_host.ts";
import {
  addressKey,
  checkMailbox,
  domainOf,
  type Mailbox,
  parseMailbox,
  shortened,
  writeMailbox,
} from "./address.ts";
import { checkDate } from "./date.ts";
import { MailError } from "./mail_error.ts";

/** The parts of a mail, rendered and looked up. */
export interface MailParts {
  /** The organization, where it is known: `List-Id` names it. */
  readonly realm?: { readonly name: string; readonly host: string } | undefined;
  /** The sender that people see. */
  readonly from: Mailbox;
  /** Zulip's NOREPLY_EMAIL_ADDRESS: bounces go there, also of mails from another sender. */
  readonly noReply: string;
  /** Where answers go, `address` or `Name <address>`. Default: no-reply for mails from no-reply. */
  readonly replyTo?: string | null | undefined;
  /** All recipients, at least one; each sees the others. */
  readonly to: readonly Mailbox[];
  /** As `mailDate` of `date.ts` writes it. */
  readonly date: string;
  /** Line breaks and other control characters are removed. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The link that ends such mails; with one click when it works without a login. */
  readonly unsubscribe?: { readonly link: string; readonly isOneClick: boolean } | undefined;
  /** Such as `de` or `pt-BR`, for `Content-Language`. A language that is not valid is left out. */
  readonly language?: string | null | undefined;
  /** The event's id: mails with the same id have the same `Message-ID`. Default: a random one. */
  readonly id?: string | undefined;
}

/** A mail that `MailTransport` sends. Its addresses are checked. */
export interface Mail {
  /** The sender of the envelope, where bounces go. */
  readonly sender: string;
  /** The recipients of the envelope, each once. Who sends again to some of them, sets only these. */
  readonly recipients: readonly string[];
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  readonly replyTo?: Mailbox;
  readonly subject: string;
  readonly date: string;
  /** With its `<` and `>`. */
  readonly messageId?: string;
  readonly text: string;
  readonly html: string;
  /** The other headers by name. */
  readonly headers: Readonly<Record<string, string>>;
  /** A mail that this one has as its attachment. */
  readonly attached?: Uint8Array;
}

/** Line breaks of any kind, and characters that no header may have. */
const NOT_IN_SUBJECT = /[\p{Cc}\u2028\u2029]/gu;
const CONTROLS = /\p{Cc}/gu;
/** How much of the SHA-256 of an id is in a Message-ID, in hexadecimal digits. */
const MESSAGE_ID_LENGTH = 32;

/**
 * Makes a mail of its parts.
 *
 * @throws {MailError} When it has no recipient, or an address, a name, the date or the link that
 * unsubscribes is not valid.
 */
export function composeMail(parts: MailParts): Mail {
  const noReply = checkMailbox({ name: "", address: parts.noReply }, "NOREPLY_EMAIL_ADDRESS");
  const from = shortened(checkMailbox(parts.from, "the sender"));
  const to = recipients(parts.to);
  const replyTo = replyMailbox(parts.replyTo, from, noReply);
  return {
    sender: noReply.address,
    recipients: to.map(({ address }) => address),
    from,
    to,
    ...(replyTo && { replyTo }),
    subject: parts.subject.replace(NOT_IN_SUBJECT, "").trim().toWellFormed(),
    date: checkDate(parts.date),
    ...(parts.id !== undefined && { messageId: messageId(parts.id, domainOf(noReply.address)) }),
    text: parts.text,
    html: parts.html,
    headers: headers(parts),
  };
}

/** The recipients, each once. */
function recipients(to: readonly Mailbox[]): Mailbox[] {
  if (to.length === 0) throw new MailError("The mail has no recipient");
  const byAddress = new Map<string, Mailbox>();
  to.forEach((mailbox, index) => {
    const checked = shortened(checkMailbox(mailbox, `recipient ${index + 1}`));
    const key = addressKey(checked.address);
    if (!byAddress.has(key)) byAddress.set(key, checked);
  });
  return [...byAddress.values()];
}

function replyMailbox(
  replyTo: string | null | undefined,
  from: Mailbox,
  noReply: Mailbox,
): Mailbox | undefined {
  if (replyTo) return shortened(parseMailbox(replyTo, "reply_to_email"));
  return from.address === noReply.address ? noReply : undefined;
}

function headers({ realm, unsubscribe, language }: MailParts): Record<string, string> {
  const locale = language ? canonicalLanguage(language) : undefined;
  return {
    "X-Auto-Response-Suppress": "All",
    ...(realm && { "List-Id": listId(realm) }),
    ...(unsubscribe && { "List-Unsubscribe": `<${checkLink(unsubscribe.link)}>` }),
    ...(unsubscribe?.isOneClick && { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }),
    ...(locale && { "Content-Language": locale }),
  };
}

/** The organization's name, encoded like the name of an address, and its host. */
function listId({ name, host }: { readonly name: string; readonly host: string }): string {
  const shown = name.replace(CONTROLS, "").trim();
  // A host stands where an address stands: an address of it is checked, and its first part removed.
  const { address } = checkMailbox(
    { name: "", address: `x@${withoutPort(host)}` },
    "the realm",
  );
  const id = domainOf(address);
  return shown === "" ? `<${id}>` : writeMailbox({ name: shown, address: id });
}

function checkLink(link: string): string {
  const url = URL.parse(link);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.href;
  throw new MailError("The link that unsubscribes is not valid: it must begin with https://");
}

function canonicalLanguage(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language.replaceAll("_", "-"))[0];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function messageId(id: string, domain: string): string {
  const digest = createHash("sha256").update(id).digest("hex");
  return `<${digest.slice(0, MESSAGE_ID_LENGTH)}@${domain}>`;
}
