/**
 * What a push says, apart from the service that carries it. Keys and values are those that Zulip's
 * apps read.
 *
 * @module
 */

import { firstCodePoints } from "../database/text.ts";
import type { TextOf } from "../messages/missed/words.ts";
import { hiddenText, subtitleOf, testWords, topicName } from "./words.ts";

/** A realm as a push names it. */
export interface PushRealm {
  readonly id: number;
  readonly name: string;
  /** Without a slash at its end. */
  readonly url: string;
  /** Zulip's EXTERNAL_HOST. */
  readonly server: string;
}

/** Where a message is. */
export type PushPlace =
  | {
    readonly kind: "channel";
    readonly id: number;
    readonly name: string;
    /** Empty for messages without a topic. */
    readonly topic: string;
  }
  | {
    readonly kind: "direct";
    /** All who write there, reader and sender among them, in order. */
    readonly userIds: readonly number[];
    /** Their names, in order. */
    readonly names: readonly string[];
  };

/** A message that a user is shown. */
export interface ShownMessage {
  readonly realm: PushRealm;
  readonly readerId: number;
  readonly id: number;
  readonly sentAt: Date;
  /** Why. */
  readonly trigger: string;
  readonly sender: {
    readonly id: number;
    readonly name: string;
    readonly email: string;
    /** Absolute. */
    readonly avatarUrl: string;
  };
  readonly place: PushPlace;
  /** The group by which the reader was mentioned. */
  readonly group: { readonly id: number; readonly name: string } | undefined;
  /** What a phone shows of it: plain text. */
  readonly text: string;
  /** Whether the realm allows texts in encrypted pushes only. */
  readonly hidesText: boolean;
}

type Values = Readonly<Record<string, unknown>>;

/** What a push says, in each of the forms that services take. */
export interface PushContents {
  /** Whether it removes what a device shows, and shows nothing. */
  readonly isRemoval: boolean;
  /** Of APNs: what the system shows. */
  readonly apns: Values & { readonly badge: number };
  /** Of APNs: what the app reads. */
  readonly zulip: Values;
  /** Of FCM. */
  readonly fcm: Values;
  /** To be encrypted. */
  readonly secret: Values;
}

/** Code points of a title. */
const LONGEST_TITLE = 200;
/** The most messages that one push removes: the newest. */
const MOST_REMOVED = 200;

/** A push that shows a message. @param text In the reader's language. */
export function messageContents(message: ShownMessage, text: TextOf): PushContents {
  const { sender, place } = message;
  const content = message.hidesText ? hiddenText(text) : message.text;
  const { server, realm_id, ...app } = {
    ...base(message.realm, message.readerId),
    ...about(message, text),
  };
  const facts = {
    trigger: message.trigger,
    senderName: sender.name,
    groupName: message.group?.name,
    isOneToOne: place.kind === "direct" && !isGroup(place),
  };
  return {
    isRemoval: false,
    apns: {
      alert: { title: titleOf(message, text), subtitle: subtitleOf(facts, text), body: content },
      sound: "default",
      badge: 0,
    },
    zulip: { ...app, message_ids: [message.id] },
    fcm: {
      ...{ server, realm_id, ...app },
      event: "message",
      zulip_message_id: message.id,
      time: seconds(message.sentAt),
      content,
      sender_full_name: sender.name,
      sender_avatar_url: sender.avatarUrl,
    },
    secret: secretMessage(message, text),
  };
}

/** A push that removes messages from devices. @param ids In order. */
export function removalContents(
  realm: PushRealm,
  readerId: number,
  ids: readonly number[],
): PushContents {
  const newest = ids.slice(-MOST_REMOVED);
  const values = { event: "remove", zulip_message_ids: newest.join(",") };
  const common = { ...base(realm, readerId), ...values };
  return {
    isRemoval: true,
    apns: { badge: 0 },
    zulip: common,
    fcm: common,
    secret: { ...secretBase(realm, readerId), type: "remove", message_ids: newest },
  };
}

/** A push that shows that pushes arrive. @param now ms since 1970. */
export function testContents(
  realm: PushRealm,
  readerId: number,
  now: number,
  text: TextOf,
): PushContents {
  const time = Math.floor(now / 1000);
  const common = base(realm, readerId);
  return {
    isRemoval: false,
    apns: { alert: { title: realm.name, ...testWords(realm, text) }, sound: "default", badge: 0 },
    zulip: { ...common, event: "test" },
    fcm: { ...common, event: "test", time },
    secret: { ...secretBase(realm, readerId), type: "test", time },
  };
}

function base({ id, name, url, server }: PushRealm, readerId: number) {
  return {
    ...{ server, realm_id: id, realm_uri: url, realm_url: url, realm_name: name },
    user_id: readerId,
  };
}

function about({ sender, group, place }: ShownMessage, text: TextOf): Values {
  return {
    ...{ sender_id: sender.id, sender_email: sender.email },
    ...mentioned(group),
    ...place.kind === "channel"
      ? {
        recipient_type: "stream",
        stream: place.name,
        stream_id: place.id,
        topic: topicName(place.topic, text),
      }
      : {
        recipient_type: "private",
        ...isGroup(place) && { pm_users: place.userIds.join(",") },
      },
  };
}

function mentioned(group: ShownMessage["group"]): Values {
  return group ? { mentioned_user_group_id: group.id, mentioned_user_group_name: group.name } : {};
}

/** A DM group may have hundreds of names, and a push at most 4096 bytes. */
function titleOf({ place, sender }: ShownMessage, text: TextOf): string {
  if (place.kind === "channel") return `#${place.name} > ${topicName(place.topic, text)}`;
  const title = isGroup(place) ? place.names.join(", ") : sender.name;
  const first = firstCodePoints(title, LONGEST_TITLE);
  return first === title ? title : `${first}…`;
}

function isGroup({ userIds }: Extract<PushPlace, { kind: "direct" }>): boolean {
  return userIds.length > 2;
}

function secretBase({ url, name }: PushRealm, readerId: number) {
  return { realm_url: url, realm_name: name, user_id: readerId };
}

function secretMessage(message: ShownMessage, text: TextOf): Values {
  const { sender, place } = message;
  return {
    ...secretBase(message.realm, message.readerId),
    sender_id: sender.id,
    ...mentioned(message.group),
    ...place.kind === "channel"
      ? {
        recipient_type: "channel",
        channel_name: place.name,
        channel_id: place.id,
        topic: topicName(place.topic, text),
      }
      : { recipient_type: "direct", recipient_user_ids: place.userIds },
    type: "message",
    message_id: message.id,
    time: seconds(message.sentAt),
    content: message.text,
    sender_full_name: sender.name,
    sender_avatar_url: sender.avatarUrl,
  };
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
