/**
 * The addresses by which a mail about messages is answered.
 *
 * @module
 */

import { randomBytes } from "node:crypto";

/** The random part of an address: `mm` and 32 hexadecimal digits. */
export function newReplyToken(): string {
  return `mm${randomBytes(16).toString("hex")}`;
}

/**
 * The address of a token.
 *
 * @param pattern Zulip's EMAIL_GATEWAY_PATTERN, such as `%s@mail.example.com`.
 * @returns With the name of the sender: `Zulip <mm…@mail.example.com>`.
 */
export function replyMailbox(pattern: string, token: string): string {
  return `Zulip <${pattern.replace("%s", () => token)}>`;
}
