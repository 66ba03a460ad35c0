/**
 * Whom a mail is for. Pure.
 *
 * @module
 */

import { type GatewayPatterns, innerPart, isMirrorAddress } from "./address.ts";
import { addressesIn, type IncomingMail } from "./incoming_mail.ts";
import { NoMessage } from "./no_message.ts";

/** The headers that name the recipient, from the surest to the least sure. */
const HEADERS = [
  "x-gm-original-to",
  "delivered-to",
  "envelope-to",
  "resent-to",
  "resent-cc",
  "to",
  "cc",
];

/**
 * The recipient: the envelope's, or the first of the mirror's addresses that the headers name.
 *
 * @throws {NoMessage} When there is none.
 */
export function recipientOf(
  envelope: string | null | undefined,
  mail: IncomingMail,
  patterns: GatewayPatterns,
): string {
  if (envelope) return envelope;
  for (const header of HEADERS) {
    for (const value of mail.headers(header)) {
      const found = addressesIn(value).find((address) => isMirrorAddress(address, patterns));
      if (found !== undefined) return found;
    }
  }
  throw new NoMessage("error", "Missing recipient in mirror email");
}

/**
 * An address as it may be logged: what is secret of it is hidden.
 *
 * @param note What it is, such as `Address to stream id: 3`.
 */
export function hiddenAddress(address: string, patterns: GatewayPatterns, note: string): string {
  const shown = address.trim();
  const at = shown.lastIndexOf("@");
  const inner = innerPart(shown, patterns) ?? (at < 0 ? shown : shown.slice(0, at));
  const start = shown.toLowerCase().indexOf(inner.toLowerCase());
  const end = start + inner.length;
  return `${shown.slice(0, start)}${"X".repeat(inner.length)}${shown.slice(end)} <${note}>`;
}

/** The sender as it may be logged: its domain only. */
export function hiddenSender(mail: IncomingMail): string {
  const [address = ""] = mail.headers("from").flatMap(addressesIn);
  const domain = /@([\w.-]{1,255})$/.exec(address)?.[1];
  return domain === undefined ? "unknown" : `X@${domain}`;
}
