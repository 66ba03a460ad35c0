/**
 * Mail addresses: what is accepted, how it is written, and whose the addresses of senders are.
 *
 * @module
 */

import { domainToASCII, domainToUnicode } from "node:url";
import MimeNode from "nodemailer/lib/mime-node";
import { MailError } from "./mail_error.ts";

/** Somebody who sends or gets mail. {@linkcode checkMailbox} makes one that is safe to write. */
export interface Mailbox {
  /** The name that people see; empty for none. */
  readonly name: string;
  /** `local@domain`. */
  readonly address: string;
}

/** The longest address with its name, as it is written: Zulip's limit. Longer: without the name. */
const MAX_WRITTEN = 320;
/** Limits of RFC 5321, in bytes. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;
const MAX_DOMAIN_LABEL = 63;

const CONTROL = /\p{Cc}/u;
// deno-lint-ignore no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;
/** Characters that have a meaning of their own around addresses. */
const SPECIAL = /[\s<>()[\]\\,;:"\p{Cf}]/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}._-]+$/u;
const LABEL = /^(?!-).+(?<!-)$/;
/** A host whose last label is a number is an IP address in one of its forms. */
const NUMBER = /^\d+$/;
/** `Name <address>`, where the name may be quoted. */
const NAMED = /^ *(?:"((?:[^"\\]|\\.)*)"|([^<>"]*?)) *<([^<>]*)> *$/s;

/**
 * A mailbox that can be written into headers and into SMTP's commands. Of the domain it keeps the
 * ASCII form (`xn--…`), which every server takes. Only beside a local part that is not ASCII, which
 * takes a server with SMTPUTF8 anyway, the domain is written in Unicode too.
 *
 * @param what Whose mailbox this is, in messages, such as `recipient 2`.
 * @throws {MailError} When the name has a control character, or the address has one, has not exactly
 * one `@`, is too long, or has characters that would end it.
 */
export function checkMailbox({ name, address }: Mailbox, what: string): Mailbox {
  const control = CONTROL.exec(name)?.[0];
  if (control) {
    throw new MailError(`The name of ${what} has the control character ${code(control)}`);
  }
  const problem = problemOf(address);
  if (problem) throw new MailError(`The address of ${what} is not valid: ${problem}`);
  return { name: name.trim().toWellFormed(), address: normalized(address) };
}

/**
 * A checked mailbox of a text: `local@domain`, `Name <local@domain>` or `"Name" <local@domain>`.
 *
 * @param what As for {@linkcode checkMailbox}.
 * @throws {MailError} As {@linkcode checkMailbox} does.
 */
export function parseMailbox(text: string, what: string): Mailbox {
  const [, quoted, plain, address] = NAMED.exec(text) ?? [];
  if (address === undefined) return checkMailbox({ name: "", address: text }, what);
  const name = quoted?.replace(/\\(.)/gs, "$1") ?? plain ?? "";
  return checkMailbox({ name, address }, what);
}

/** How a checked mailbox stands in a header: `"Full Name" <a@b>`, the name encoded where needed. */
export function writeMailbox(mailbox: Mailbox): string {
  return MimeNode.encodeHeaderValue("To", { ...mailbox });
}

/** The mailbox without its name where both together are over 320 characters long in a header. */
export function shortened(mailbox: Mailbox): Mailbox {
  return writeMailbox(mailbox).length > MAX_WRITTEN ? { ...mailbox, name: "" } : mailbox;
}

/** The part of an address after its `@`. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

/** A text that is equal for two ways of writing one address. */
export function addressKey(address: string): string {
  const domain = domainOf(address);
  const local = address.slice(0, address.length - domain.length);
  return local + asciiDomain(domain);
}

/** The addresses of an installation that mails are sent from. */
export interface SenderAddresses {
  /** Zulip's NOREPLY_EMAIL_ADDRESS. */
  readonly noReply: string;
  /** Zulip's TOKENIZED_NOREPLY_EMAIL_ADDRESS, with `{token}` in it; undefined for no tokens. */
  readonly tokenizedNoReply: string | undefined;
  /** Zulip's ZULIP_ADMINISTRATOR. */
  readonly support: string;
}

/**
 * The address that an event's `from_address` stands for: `NO_REPLY`, `TOKENIZED_NO_REPLY` and
 * `SUPPORT` are placeholders, any other text is an address, and none means no-reply.
 *
 * @param token Random letters and digits, new for each mail.
 */
export function senderAddress(
  fromAddress: string | null | undefined,
  addresses: SenderAddresses,
  token: string,
): string {
  switch (fromAddress) {
    case undefined:
    case null:
    case "NO_REPLY":
      return addresses.noReply;
    case "TOKENIZED_NO_REPLY":
      return addresses.tokenizedNoReply?.replaceAll("{token}", () => token) ?? addresses.noReply;
    case "SUPPORT":
      return addresses.support;
    default:
      return fromAddress;
  }
}

/** What is wrong with an address; undefined where nothing is. */
function problemOf(address: string): string | undefined {
  if (address === "") return "it is empty";
  const control = CONTROL.exec(address)?.[0];
  if (control) return `it has the control character ${code(control)}`;
  const [local = "", domain = "", ...more] = address.split("@");
  const ats = more.length + (address.includes("@") ? 1 : 0);
  if (ats !== 1) return `it has ${ats || "no"} @ and must have exactly one`;
  if (local === "") return "it has nothing before the @";
  const special = SPECIAL.exec(local)?.[0];
  if (special) return `it has ${code(special)} before the @`;
  if (!local.isWellFormed()) return "it has half of a character before the @";
  if (bytes(local) > MAX_LOCAL) return `it has over ${MAX_LOCAL} bytes before the @`;
  return problemOfDomain(domain) ?? tooLong(address);
}

function problemOfDomain(domain: string): string | undefined {
  const ascii = DOMAIN.test(domain) ? asciiDomain(domain) : "";
  const labels = ascii.split(".");
  const isDomain = labels.every((label) => LABEL.test(label) && label.length <= MAX_DOMAIN_LABEL);
  return isDomain && !NUMBER.test(labels.at(-1) ?? "") ? undefined : "after the @ is no domain";
}

function tooLong(address: string): string | undefined {
  return bytes(normalized(address)) > MAX_ADDRESS
    ? `it is over ${MAX_ADDRESS} bytes long`
    : undefined;
}

function normalized(address: string): string {
  const domain = domainOf(address);
  const local = address.slice(0, address.length - domain.length);
  return local + (NOT_ASCII.test(local) ? domainToUnicode(domain) : asciiDomain(domain));
}

/** The ASCII form in small letters; empty where there is none. */
function asciiDomain(domain: string): string {
  return NOT_ASCII.test(domain) ? domainToASCII(domain) : domain.toLowerCase();
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function code(character: string): string {
  const number = character.codePointAt(0) ?? 0;
  return `U+${number.toString(16).toUpperCase().padStart(4, "0")}`;
}
