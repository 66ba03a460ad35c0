/**
 * The `message` notice by which the event system tells clients of a message. Pure.
 *
 * @module
 */

import { RECIPIENT } from "../../database/codes.ts";
import type { NoticeIds } from "./audience.ts";
import { NO_TOPIC } from "../../database/rows.ts";
import type { Place } from "./place.ts";

/** The queue of the event system. */
export const NOTICE_QUEUE = "notify_tornado";

/** Who sent the message, as its dictionary has it. */
export interface MessageSender {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly deliveryEmail: string;
  readonly realmId: number;
  readonly realm: string;
  readonly avatarSource: string;
  readonly avatarVersion: number;
  readonly emailVisibility: number;
  readonly isDummy: boolean;
  readonly recipientId: number | null;
}

/** A message that was stored. */
export interface SentMessage {
  readonly id: number;
  readonly content: string;
  /** HTML. */
  readonly rendered: string;
  readonly isMe: boolean;
  readonly client: string;
  readonly sentAt: Date;
  readonly submessages: readonly SubMessage[];
}

/** A part of a message, as its dictionary has it. */
export interface SubMessage {
  readonly id: number;
  readonly message_id: number;
  readonly sender_id: number;
  readonly msg_type: string;
  readonly content: string;
}

/** A user who gets the message, as the notice has it. */
export interface NoticeUser {
  readonly id: number;
  readonly flags: readonly string[];
  /** The group by which the user was mentioned. */
  readonly mentioned_user_group_id: number | null;
}

/** What a notice is made of. */
export interface NoticeParts {
  readonly message: SentMessage;
  readonly sender: MessageSender;
  readonly place: Place;
  readonly ids: NoticeIds;
  readonly idleIds: readonly number[];
  readonly deviceIds: readonly number[];
  readonly users: readonly NoticeUser[];
  /** The realm of the place: the sender's, unless that is a bot of the server itself. */
  readonly realmId: number;
  /** The host of the realm. */
  readonly realmHost: string;
}

/** The body of the event for {@linkcode NOTICE_QUEUE}. The sender is the first of its users. */
export function messageNotice(parts: NoticeParts): Record<string, unknown> {
  const { message, sender, place, ids, users } = parts;
  const { all_bot_user_ids, ...others } = ids;
  const channel = place.kind === "channel" ? place : undefined;
  const isFirst = ({ id }: NoticeUser) => id === sender.id;
  return {
    event: {
      type: "message",
      message: message.id,
      message_dict: wideMessage(parts),
      presence_idle_user_ids: parts.idleIds,
      ...others,
      all_bot_user_ids,
      push_device_registered_user_ids: parts.deviceIds,
      disable_external_notifications: false,
      realm_host: parts.realmHost,
      ...(channel?.isPublic && { realm_id: parts.realmId, stream_name: channel.name }),
      ...(channel?.isPrivate && { invite_only: true }),
      user_ids_without_access_to_sender: [],
    },
    users: [...users.filter(isFirst), ...users.filter((user) => !isFirst(user))],
  };
}

/** A message with all that clients of any kind may get of it: Zulip's wide form. */
export function wideMessage(
  { message, sender, place }: Pick<NoticeParts, "message" | "sender" | "place">,
): Record<string, unknown> {
  const { type, typeId, shown, subject } = destination(place);
  return {
    id: message.id,
    sender_id: sender.id,
    content: message.content,
    recipient_type_id: typeId,
    recipient_type: type,
    recipient_id: place.recipientId,
    timestamp: Math.floor(message.sentAt.getTime() / 1000),
    client: message.client,
    subject,
    topic_links: [],
    rendered_content: message.rendered,
    is_me_message: message.isMe,
    reactions: [],
    submessages: message.submessages,
    sender_full_name: sender.name,
    sender_email: sender.email,
    sender_delivery_email: sender.deliveryEmail,
    sender_realm_id: sender.realmId,
    sender_realm_str: sender.realm,
    sender_avatar_source: sender.avatarSource,
    sender_avatar_version: sender.avatarVersion,
    sender_email_address_visibility: sender.emailVisibility,
    sender_is_mirror_dummy: sender.isDummy,
    sender_recipient_id: sender.recipientId,
    ...shown,
  };
}

function destination(place: Place) {
  if (place.kind === "channel") {
    return {
      type: RECIPIENT.stream,
      typeId: place.streamId,
      subject: place.topic,
      shown: { type: "stream", display_recipient: place.name, stream_id: place.streamId },
    };
  }
  const users = place.users.map(({ id, email, name, isDummy }) => ({
    id,
    email,
    full_name: name,
    is_mirror_dummy: isDummy,
  }));
  const display_recipient = users.sort((one, other) => one.email < other.email ? -1 : 1);
  return {
    type: place.type,
    typeId: place.typeId,
    subject: NO_TOPIC,
    shown: { type: "private", display_recipient },
  };
}
