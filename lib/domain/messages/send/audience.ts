/**
 * What a message is to each of its readers, and who may have to be notified of it. Pure.
 *
 * @module
 */

import type { MessageAudience } from "../../realtime/message_notice.ts";
import { clientFlags } from "../flags.ts";

/** A reader's choice for a channel: its own, or the one for all channels where that is null. */
export interface Choice {
  readonly own: boolean | null;
  readonly all: boolean;
}

/** An active user who gets a message, and the user's notification settings. */
export interface MessageReader {
  readonly id: number;
  readonly isBot: boolean;
  /** Soft deactivated: gets the rows of channel messages on coming back. */
  readonly isIdle: boolean;
  readonly hasMutedSender: boolean;
  /** 0 none, 1 muted, 2 unmuted, 3 followed. */
  readonly topicPolicy: number;
  readonly isChannelMuted: boolean;
  /** Of direct messages and mentions. */
  readonly offline: { readonly email: boolean; readonly push: boolean };
  readonly onlinePush: boolean;
  readonly channel: { readonly email: Choice; readonly push: Choice; readonly wildcard: Choice };
  readonly followed: {
    readonly email: boolean;
    readonly push: boolean;
    readonly wildcard: boolean;
  };
}

/** The users and groups that a message mentions. */
export interface Mentions {
  /** By name, or as members of a group. */
  readonly users: ReadonlySet<number>;
  /** `@all` of the channel. */
  readonly channel: boolean;
  /** `@topic`. */
  readonly topic: boolean;
}

/** A message, as far as its readers are concerned. */
export interface MessageFacts {
  readonly isChannel: boolean;
  readonly senderId: number;
  readonly mentions: Mentions;
  /** Who has written or reacted in the topic; asked for only where the message mentions it. */
  readonly participants: ReadonlySet<number>;
}

const READ = 1;
const MENTIONED = 8;
const CHANNEL_MENTIONED = 16;
const TOPIC_MENTIONED = 32;
const DIRECT = 2048;
const MUTED = 1;
const UNMUTED = 2;
const FOLLOWED = 3;

/** The bits of a reader's user message. Who has muted the sender has read it. */
export function flagsOf(reader: MessageReader, facts: MessageFacts): number {
  const { mentions, participants, isChannel } = facts;
  return bitIf(!isChannel, DIRECT) | bitIf(reader.hasMutedSender, READ) |
    bitIf(mentions.users.has(reader.id), MENTIONED) |
    bitIf(isChannel && mentions.channel, CHANNEL_MENTIONED) |
    bitIf(isChannel && mentions.topic && participants.has(reader.id), TOPIC_MENTIONED);
}

function bitIf(isSet: boolean, bit: number): number {
  return isSet ? bit : 0;
}

/** The flags as clients get them with a new message: older ones know both wildcards by one name. */
export function flagNames(flags: number): string[] {
  const isWildcard = (flags & (CHANNEL_MENTIONED | TOPIC_MENTIONED)) !== 0;
  return [...clientFlags(flags), ...isWildcard ? ["wildcard_mentioned"] : []];
}

/** The lists of user ids of a `message` notice that follow from settings. */
export type NoticeIds = Readonly<Record<NoticeList, readonly number[]>>;

type NoticeList = Exclude<
  keyof MessageAudience,
  | "presence_idle_user_ids"
  | "push_device_registered_user_ids"
  | "disable_external_notifications"
>;

/** The lists of a message's notice. Those of wildcards are empty where it has none. */
export function noticeIds(readers: readonly MessageReader[], facts: MessageFacts): NoticeIds {
  const { isChannel, mentions, participants } = facts;
  const of = (is: (reader: MessageReader) => boolean) => readers.filter(is).map(({ id }) => id);
  const inChannel = (is: (reader: MessageReader) => boolean) => isChannel ? of(is) : [];
  const follows = ({ topicPolicy }: MessageReader) => topicPolicy === FOLLOWED;
  const wantsWildcard = (reader: MessageReader) =>
    wants(reader, reader.channel.wildcard, { overMuted: true });
  const followsWildcard = (reader: MessageReader) => follows(reader) && reader.followed.wildcard;
  const isIn = ({ id }: MessageReader) => participants.has(id);
  return {
    online_push_user_ids: of(({ onlinePush }) => onlinePush),
    dm_mention_push_disabled_user_ids: of(({ offline }) => !offline.push),
    dm_mention_email_disabled_user_ids: of(({ offline }) => !offline.email),
    stream_push_user_ids: inChannel((reader) => wants(reader, reader.channel.push)),
    stream_email_user_ids: inChannel((reader) => wants(reader, reader.channel.email)),
    topic_wildcard_mention_user_ids: inChannel((reader) =>
      mentions.topic && isIn(reader) && wantsWildcard(reader)
    ),
    stream_wildcard_mention_user_ids: inChannel((reader) =>
      mentions.channel && wantsWildcard(reader)
    ),
    followed_topic_push_user_ids: inChannel((reader) => follows(reader) && reader.followed.push),
    followed_topic_email_user_ids: inChannel((reader) => follows(reader) && reader.followed.email),
    topic_wildcard_mention_in_followed_topic_user_ids: inChannel((reader) =>
      mentions.topic && isIn(reader) && followsWildcard(reader)
    ),
    stream_wildcard_mention_in_followed_topic_user_ids: inChannel((reader) =>
      mentions.channel && followsWildcard(reader)
    ),
    muted_sender_user_ids: of(({ hasMutedSender }) => hasMutedSender),
    all_bot_user_ids: of(({ isBot }) => isBot),
  };
}

/**
 * Whether a reader's settings ask for notifications of a message in a channel.
 *
 * @param overMuted Whether a choice for this channel applies although the channel is muted.
 */
function wants(
  { topicPolicy, isChannelMuted }: MessageReader,
  { own, all }: Choice,
  { overMuted = false } = {},
): boolean {
  if (topicPolicy === MUTED) return false;
  const isQuiet = isChannelMuted && topicPolicy !== UNMUTED && !(overMuted && own !== null);
  return !isQuiet && (own ?? all);
}

/** Those who would be notified if they were away, and so whose presence matters. */
export function tellable(
  readers: readonly MessageReader[],
  facts: MessageFacts,
  ids: NoticeIds,
): number[] {
  const { muted_sender_user_ids: _muted, all_bot_user_ids: _bots, ...lists } = ids;
  const {
    online_push_user_ids: _online,
    dm_mention_push_disabled_user_ids: _noPush,
    dm_mention_email_disabled_user_ids: _noEmail,
    ...wanting
  } = lists;
  const listed = new Set(Object.values(wanting).flat());
  const isNotified = (reader: MessageReader) => {
    if (reader.isBot || reader.hasMutedSender || reader.id === facts.senderId) return false;
    const isMeant = !facts.isChannel || facts.mentions.users.has(reader.id);
    return (isMeant && (reader.offline.email || reader.offline.push)) || listed.has(reader.id);
  };
  return readers.filter(isNotified).map(({ id }) => id);
}

/**
 * Those who get a row now. Soft deactivated users get the rows of a channel when they come back,
 * except for messages that they may have to be notified of.
 */
export function withRows(
  readers: readonly MessageReader[],
  facts: MessageFacts,
  ids: NoticeIds,
): MessageReader[] {
  const { stream_push_user_ids, stream_email_user_ids } = ids;
  const { followed_topic_push_user_ids, followed_topic_email_user_ids } = ids;
  const notified = new Set([
    ...stream_push_user_ids,
    ...stream_email_user_ids,
    ...followed_topic_push_user_ids,
    ...followed_topic_email_user_ids,
  ]);
  return readers.filter((reader) =>
    !reader.isIdle || !facts.isChannel || notified.has(reader.id) || flagsOf(reader, facts) !== 0
  );
}
