/**
 * What a mail must be to be taken, and what the server writes before it.
 *
 * @module
 */

import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { writeDate } from "../../domain/mail/date.ts";
import { REPLY, type Reply } from "./replies.ts";

/** The most bytes of a mail, whatever is set: RabbitMQ 4 takes messages of at most 16 MiB. */
export const MOST_MAIL_BYTES = 12_000_000;
/** Room for the recipient and the names in an event, and for the headers of {@linkcode traced}. */
const EVENT_ROOM = 4096;
/** The most `Received` headers; RFC 5321 has at least 100, Postfix 50. */
const MOST_HOPS = 100;
/** The longest header that is looked at, in bytes. */
const MAX_HEADER = 256 * 1024;

const CR = 13;
const LF = 10;

/** Where a mail comes from. */
export interface MailOrigin {
  /** The envelope's sender; empty for a bounce. */
  readonly sender: string;
  /** What the client called itself. */
  readonly helo: string;
  /** The client's IP address. */
  readonly client: string;
  /** Such as `ESMTPS`. */
  readonly protocol: string;
  /** Of the session, as log lines have it. */
  readonly session: string;
}

/**
 * The most bytes of a mail.
 *
 * @param wanted MIRROR_MAX_BYTES.
 * @param maxEventBytes MAX_EVENT_BYTES; base64 makes 4 bytes of 3.
 * @returns 0 or less where an event has no room for a mail.
 */
export function mostBytes(wanted: number, maxEventBytes: number): number {
  const inEvent = Math.floor((maxEventBytes - EVENT_ROOM) * 3 / 4);
  return Math.min(wanted, inEvent, MOST_MAIL_BYTES);
}

/**
 * Why a mail is refused for what is in it; `undefined` when it is taken. Lines that end otherwise
 * than with CR and LF are refused, as another server may see the end of the mail there.
 */
export function problemOf(mail: Uint8Array): Reply | undefined {
  return hasBareNewline(mail) ? REPLY.bareNewline : loopOf(mail);
}

/** Why a mail is refused that has passed too many servers. */
export function loopOf(mail: Uint8Array): Reply | undefined {
  const hops = headerText(mail).match(/^received:/gim)?.length ?? 0;
  return hops > MOST_HOPS ? REPLY.loop : undefined;
}

/** Whether a CR stands without its LF, or an LF without its CR. */
export function hasBareNewline(mail: Uint8Array): boolean {
  for (let at = mail.indexOf(LF); at >= 0; at = mail.indexOf(LF, at + 1)) {
    if (mail[at - 1] !== CR) return true;
  }
  for (let at = mail.indexOf(CR); at >= 0; at = mail.indexOf(CR, at + 1)) {
    if (mail[at + 1] !== LF) return true;
  }
  return false;
}

/** The header of a mail, each byte a character. Its lines may end with LF alone, as in a pipe. */
export function headerText(mail: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(mail.subarray(0, MAX_HEADER));
  const end = /(?<=^|\n)\r?\n/.exec(text)?.index;
  return text.slice(0, end);
}

/**
 * The mail with the headers that the last server on its way writes (RFC 5321, 4.4): the sender of
 * the envelope as `Return-Path`, and `Received`.
 *
 * @param name What this server calls itself.
 * @param now ms since 1970.
 */
export function traced(
  mail: Uint8Array,
  { sender, helo, client, protocol, session }: MailOrigin,
  name: string,
  now: number,
): Uint8Array<ArrayBuffer> {
  const literal = isIPv6(client) ? `IPv6:${client}` : client;
  const lines = [
    `Return-Path: <${inAscii(sender)}>`,
    `Received: from ${word(helo)} ([${literal}])`,
    `\tby ${word(name)} with ${protocol} id ${session};`,
    `\t${writeDate(now, "UTC")}`,
    "",
  ];
  const head = new TextEncoder().encode(lines.join("\r\n"));
  const all = new Uint8Array(head.length + mail.length);
  all.set(head);
  all.set(mail, head.length);
  return all;
}

/** An address with its domain as DNS has it. smtp-server writes it in Unicode. */
export function inAscii(address: string): string {
  const at = address.lastIndexOf("@");
  if (at < 0) return address;
  const domain = address.slice(at + 1);
  return `${address.slice(0, at)}@${domainToASCII(domain) || domain}`;
}

/** What a client calls itself, without characters that mean something in a header. */
function word(text: string): string {
  return text.replace(/[^\w.:\[\]-]/g, "?") || "unknown";
}
