/**
 * The message as a webhook gets it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { BotMessage } from "../bot_event.ts";

/** What Zulip keeps to itself. */
const INTERNAL: ReadonlySet<string> = new Set([
  "sender_delivery_email",
  "sender_avatar_source",
  "sender_avatar_version",
  "sender_email_address_visibility",
  "sender_is_mirror_dummy",
  "sender_realm_id",
  "sender_recipient_id",
  "recipient_type",
  "recipient_type_id",
  "invite_only_stream",
  "can_access_sender",
  "is_channel_message",
  "content",
]);

/**
 * The message without what only the server may know, and with the address of the sender's picture.
 *
 * @param realmPage The realm's address, without a slash at its end.
 */
export function webhookMessage(message: BotMessage, realmPage: string): Record<string, unknown> {
  const { all, content } = message;
  const kept = Object.entries(all).filter(([key]) => !INTERNAL.has(key));
  return {
    ...Object.fromEntries(kept),
    content,
    content_type: "text/x-markdown",
    avatar_url: all["avatar_url"] ?? avatarUrl(all, realmPage),
  };
}

/** A picture that was uploaded is found by its user; only the server knows its file. */
function avatarUrl(all: Readonly<Record<string, unknown>>, realmPage: string): string {
  const version = Number(all["sender_avatar_version"] ?? 1);
  if (all["sender_avatar_source"] === "U") {
    return `${realmPage}/avatar/${all["sender_id"]}?version=${version}`;
  }
  const email = String(all["sender_delivery_email"] || all["sender_email"]).toLowerCase();
  const hash = createHash("md5").update(email).digest("hex");
  return `https://secure.gravatar.com/avatar/${hash}?d=identicon&version=${version}`;
}
