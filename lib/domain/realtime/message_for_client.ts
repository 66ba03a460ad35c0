/**
 * A new message as each client gets it: as HTML or Markdown, with or without the address of the
 * sender's picture, with the name of a sender whom the user may know.
 *
 * @module
 */

import { z } from "zod";
import { avatarUrl, unknownAvatarUrl } from "../users/avatar.ts";
import { withoutPort } from "../users/realm_host.ts";
import type { EventClient } from "./client.ts";
import { shownTopic } from "./topic.ts";

/** The value of Zulip's `email_address_visibility` for addresses that everyone may see. */
const EVERYONE = 1;

/** Keys of a wide message that no client sees. */
const INTERNAL_KEYS = [
  "rendered_content",
  "sender_recipient_id",
  "sender_realm_id",
  "sender_avatar_source",
  "sender_avatar_version",
  "sender_delivery_email",
  "sender_is_mirror_dummy",
  "sender_email_address_visibility",
  "recipient_type",
  "recipient_type_id",
  "can_access_sender",
] as const;

/** A message with all that its variants are made of; other keys go to the clients as they are. */
export const wideMessage = z.looseObject({
  id: z.int(),
  sender_id: z.int(),
  sender_full_name: z.string(),
  sender_email: z.string(),
  /** Absent in notices of Zulip 2: then the address that all see. */
  sender_delivery_email: z.string().optional(),
  sender_avatar_source: z.string(),
  sender_avatar_version: z.int(),
  /** Absent in notices of servers before Zulip 7. */
  sender_email_address_visibility: z.int().default(EVERYONE),
  sender_recipient_id: z.int().nullish(),
  type: z.enum(["stream", "private"]),
  recipient_id: z.int(),
  display_recipient: z.union([z.string(), z.array(z.unknown())]),
  subject: z.string(),
  /** The name of the program that it was sent by. */
  client: z.string(),
  content: z.string(),
  rendered_content: z.string(),
});

/** A message as it comes from its sender. */
export type WideMessage = z.infer<typeof wideMessage>;

/** A message as a client gets it. */
export interface ClientMessage {
  readonly id: number;
  readonly sender_id: number;
  readonly [key: string]: unknown;
}

/** What distinguishes the variants of a message. */
interface Variant {
  readonly isHtml: boolean;
  readonly clientGravatar: boolean;
  readonly namesEmptyTopic: boolean;
  readonly knowsSender: boolean;
  readonly isIncoming: boolean;
  /** Whether the message has to say that the channel is private. */
  readonly tellsPrivate: boolean;
}

/** What is known of a message besides itself. */
export interface MessageSurroundings {
  /** The host of the realm, with its port if it has one. */
  readonly realmHost: string;
  /** Those who may not know the sender. */
  readonly strangers: ReadonlySet<number>;
  readonly isPrivateChannel: boolean;
}

/**
 * Makes the variants of a message, each once: clients with the same options share one object.
 *
 * @returns The message as a client gets it.
 */
export function messageVariants(
  message: WideMessage,
  around: MessageSurroundings,
): (client: EventClient) => ClientMessage {
  const made = new Map<string, ClientMessage>();
  return (client) => {
    const wanted = variantFor(client, message, around);
    const key = Object.values(wanted).map(Number).join("");
    const known = made.get(key) ?? variant(message, wanted, around.realmHost);
    made.set(key, known);
    return known;
  };
}

/** Whether a message came from a client of the same kind, which mirrors messages: it has it already. */
export function isEcho(message: Pick<WideMessage, "client">, client: EventClient): boolean {
  const sentBy = message.client;
  return isMirror(sentBy) && sentBy.toLowerCase() === client.clientName.toLowerCase();
}

function variantFor(
  client: EventClient,
  message: WideMessage,
  { strangers, isPrivateChannel }: MessageSurroundings,
): Variant {
  return {
    isHtml: client.applyMarkdown,
    clientGravatar: client.clientGravatar,
    namesEmptyTopic: !client.capabilities.has("empty_topic_name"),
    knowsSender: !strangers.has(client.userId),
    isIncoming: message.recipient_id === client.userRecipientId,
    tellsPrivate: isPrivateChannel && isMirror(client.clientName),
  };
}

function variant(message: WideMessage, wanted: Variant, realmHost: string): ClientMessage {
  const { subject, type, content, rendered_content, recipient_id, sender_recipient_id } = message;
  const topic = wanted.namesEmptyTopic && type === "stream" ? shownTopic(subject) : subject;
  const made: Record<string, unknown> = {
    ...message,
    ...senderOf(message, wanted, realmHost),
    subject: topic,
    content: wanted.isHtml ? rendered_content : content,
    content_type: wanted.isHtml ? "text/html" : "text/x-markdown",
    recipient_id: wanted.isIncoming ? sender_recipient_id ?? recipient_id : recipient_id,
    ...(wanted.tellsPrivate && { invite_only_stream: true }),
  };
  for (const key of INTERNAL_KEYS) delete made[key];
  return made as unknown as ClientMessage;
}

/** The sender's name, address and picture. */
function senderOf(message: WideMessage, wanted: Variant, realmHost: string) {
  if (!wanted.knowsSender) {
    return {
      sender_full_name: "Unknown user",
      sender_email: `user${message.sender_id}@${withoutPort(realmHost)}`,
      avatar_url: unknownAvatarUrl(""),
    };
  }
  return { avatar_url: pictureOf(message, wanted.clientGravatar) };
}

/** Null where the client computes it: of Gravatar, by an address that it sees. */
function pictureOf(message: WideMessage, clientGravatar: boolean): string | null {
  const { sender_avatar_source: avatarSource, sender_avatar_version: avatarVersion } = message;
  const seesAddress = message.sender_email_address_visibility === EVERYONE;
  if (clientGravatar && seesAddress && avatarSource === "G") return null;
  const address = message.sender_delivery_email ?? message.sender_email;
  return avatarUrl({ id: message.sender_id, address, avatarSource, avatarVersion }, "");
}

function isMirror(clientName: string): boolean {
  return clientName.includes("mirror");
}
