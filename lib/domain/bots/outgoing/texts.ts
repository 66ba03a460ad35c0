/**
 * What users read when a webhook fails, in Zulip's words: in the chat, and as a direct message to the
 * bot's owner. Pure.
 *
 * @module
 */

import { firstCodePoints } from "../../database/text.ts";

/** The chat's text of a webhook that could not be reached. */
export const UNAVAILABLE = "Bot is unavailable";
/** The chat's text of a direct message to a service of Slack's format. */
export const SLACK_DIRECT = "Slack outgoing webhooks don't support direct messages.";
/** The owner's text of an address that may not be called. */
export const DISALLOWED =
  "The URL configured for the webhook is for a private or disallowed network.";
/** The owner's text of a host that was not reached. */
export const NO_CONNECTION = "A connection error occurred. Is my bot server down?";

/** How much of an answer its owner is shown, in bytes or code points. */
const SHOWN = 1_000;

/** A failure, as the chat shows it. */
export function failureText(text: string): string {
  return `Failure! ${text}`;
}

/** The chat's text of an answer with a status that is no success. */
export function respondedWith(status: number): string {
  return `Third party responded with ${status}`;
}

/** The chat's text of a call that could not be made. */
export function exceptionText(name: string, command: string): string {
  return `An exception of type *${name}* occurred for message \`${command}\`! ` +
    "See the Zulip server logs for more information.";
}

/** The owner's text of a call that took too long. */
export function timeoutText(seconds: number): string {
  return `Request timed out after ${seconds} seconds.`;
}

/** The owner's text of a status that is no success. */
export function statusText(status: number): string {
  return status === 407 ? DISALLOWED : `The webhook got a response with status code *${status}*.`;
}

/** The owner's text of an answer that cannot be sent. */
export function refusedText(reason: string): string {
  return "The outgoing webhook server attempted to send a message in Zulip, but that request " +
    `resulted in the following error:\n> ${reason}`;
}

/** The owner's text of a call that could not be made. */
export function ownerExceptionText(name: string, text: string): string {
  return "When trying to send a request to the webhook service, an exception of type " +
    `${name} occurred:\n${fenced(text)}`;
}

/** What the bot's owner receives. */
export interface OwnerNotice {
  /** Where users see the message. */
  readonly messageUrl: string;
  readonly botName: string;
  /** What happened. */
  readonly text: string;
  /** The body of the answer. @default {none is shown} */
  readonly payload?: Uint8Array | undefined;
}

/** The direct message to the owner. */
export function ownerText({ messageUrl, botName, text, payload }: OwnerNotice): string {
  const head = `[A message](${messageUrl}) to your bot @_**${botName}** triggered an outgoing ` +
    `webhook.\n${text}`;
  if (!payload || payload.length === 0) return head;
  return `${head}\nThe response contains the following payload:\n${fenced(bytesText(payload))}`;
}

/** In a block of code, which the text cannot end. */
function fenced(text: string): string {
  const shown = firstCodePoints(text, 4 * SHOWN).replaceAll("```", "'''");
  return `\`\`\`\n${shown}\n\`\`\``;
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  39: "\\'",
  92: "\\\\",
};

/** Bytes as Python writes them, which is what owners know from Zulip. */
export function bytesText(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, SHOWN), (byte) => {
    if (ESCAPES[byte] !== undefined) return ESCAPES[byte];
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    return `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `b'${shown.join("")}'${bytes.length > SHOWN ? "…" : ""}`;
}
