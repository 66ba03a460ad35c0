/**
 * The messages of a seed, with what they are to each reader.
 *
 * @module
 */

import { newMessage } from "../../domain/database/rows.ts";
import type { Conversation } from "./channels.ts";
import { type Account, daysAgo, type Seed } from "./organizations.ts";
import { PICTURE } from "./pictures.ts";
import { Random } from "./random.ts";
import { type AttachedFile, type MessageText, textOf } from "./texts.ts";

/** How many messages there are. */
export const MESSAGES = 500;
/** The days in which they were sent. */
const DAYS = 14;
/** Users who are idle or deactivated were there until so many days ago. */
const ABSENT_DAYS = 10;
/** Messages of so many days are not read by all. */
const UNREAD_DAYS = 2;
const MINUTE_MS = 60_000;
const MOST_AT_ONCE = 6;

const READ = 1;
const MENTIONED = 8;
const CHANNEL_MENTIONED = 16;
const TOPIC_MENTIONED = 32;
const DIRECT = 2048;

/** What messages are made from. */
export interface MessagePlan {
  readonly conversations: readonly Conversation[];
  /** The ids of groups by name. */
  readonly groups: ReadonlyMap<string, number>;
  /** The members of groups, by the groups' ids. */
  readonly membersOf: (group: number) => ReadonlySet<number>;
  /** The ids of the `zerver_client` that people use, and of that of bots. */
  readonly clients: { readonly people: number; readonly bots: number };
}

/** Where and when a message is sent. */
interface Place {
  readonly conversation: Conversation;
  readonly topic: string | undefined;
  readonly sentAt: Date;
}

/** Adds messages, in the order of their times; the last ones are some minutes old. */
export function addMessages(seed: Seed, plan: MessagePlan): void {
  const random = new Random(20_260_301);
  for (const place of places(seed.now, plan.conversations, random)) {
    addMessage(seed, plan, place, random);
  }
  rememberLast(seed);
}

/** Who is idle has no later messages than this one, and gets them on coming back. */
function rememberLast({ rows, accounts }: Seed): void {
  for (const { id, settings } of accounts.values()) {
    if (!settings.long_term_idle) continue;
    const own = rows.of("zerver_usermessage").findLast((row) => row.user_profile_id === id);
    rows.change("zerver_userprofile", id, { last_active_message_id: Number(own?.message_id) });
  }
}

/** People write several messages on one topic within minutes, and then nothing for an hour. */
function places(now: Date, conversations: readonly Conversation[], random: Random): Place[] {
  const found: Place[] = [];
  const chosen = conversations.flatMap((each) => Array<Conversation>(each.share).fill(each));
  const sizes: number[] = [];
  for (let left = MESSAGES; left > 0; left -= sizes.at(-1) ?? left) {
    sizes.push(Math.min(left, random.between(1, MOST_AT_ONCE)));
  }
  for (const [index, size] of sizes.entries()) {
    const conversation = random.of(chosen);
    const topic = conversation.topics.length > 0 ? random.of(conversation.topics) : undefined;
    const start = daysAgo(now, DAYS * (1 - (index + 1) / sizes.length)).getTime();
    const first = start - (size + 1) * 3 * MINUTE_MS;
    for (let number = 0; number < size; number++) {
      const sentAt = new Date(first + number * 3 * MINUTE_MS);
      found.push({ conversation, topic, sentAt });
    }
  }
  return found;
}

function addMessage(seed: Seed, plan: MessagePlan, place: Place, random: Random): void {
  const { rows } = seed;
  const { conversation, topic, sentAt } = place;
  const present = conversation.members.filter((each) => isThere(each, sentAt, seed.now));
  const sender = random.of(present.filter(({ settings }) => settings.bot_type !== 3));
  const text = textOf(random, mentionable(present, plan, conversation));
  const id = rows.add(
    "zerver_message",
    newMessage({
      sender_id: sender.id,
      realm_id: sender.realmId,
      recipient_id: conversation.recipient(sender),
      sending_client_id: sender.settings.is_bot ? plan.clients.bots : plan.clients.people,
      ...(topic !== undefined && { subject: topic }),
      content: text.content,
      rendered_content: text.rendered,
      rendered_content_version: 1,
      date_sent: sentAt,
      has_link: text.hasLink ?? false,
      has_attachment: text.file !== undefined,
      has_image: text.file?.type.startsWith("image/") ?? false,
    }),
  );
  const isOld = sentAt < daysAgo(seed.now, UNREAD_DAYS);
  for (const reader of present) {
    const isRead = reader === sender || random.happens(isOld ? 0.97 : 0.4);
    const flags = flagsOf(reader, text, plan) | (topic === undefined ? DIRECT : 0) |
      (isRead ? READ : 0);
    rows.add("zerver_usermessage", { user_profile_id: reader.id, message_id: id, flags });
  }
  if (text.file) attach(seed, { file: text.file, sender, message: id, sentAt });
}

/** Whether a user gets a message of that time. */
function isThere({ settings }: Account, at: Date, now: Date): boolean {
  const isAbsent = settings.long_term_idle === true || settings.is_active === false;
  return !isAbsent || at < daysAgo(now, ABSENT_DAYS);
}

function mentionable(users: readonly Account[], plan: MessagePlan, { name, realm }: Conversation) {
  const groups = Array.from(plan.groups, ([name, id]) => ({ name, id }));
  return { users, groups: realm === "main" ? groups : [], isChannel: name !== undefined };
}

function flagsOf({ id }: Account, { mentions }: MessageText, plan: MessagePlan): number {
  const { user, group, all } = mentions ?? {};
  if (user === id) return MENTIONED;
  if (group !== undefined && plan.membersOf(group).has(id)) return MENTIONED;
  if (all === "channel") return CHANNEL_MENTIONED;
  return all === "topic" ? TOPIC_MENTIONED : 0;
}

interface Attached {
  readonly file: AttachedFile;
  readonly sender: Account;
  readonly message: number;
  readonly sentAt: Date;
}

function attach({ rows }: Seed, { file, sender, message, sentAt }: Attached): void {
  const attachment_id = rows.add("zerver_attachment", {
    file_name: file.name,
    path_id: file.path,
    owner_id: sender.id,
    realm_id: sender.realmId,
    create_time: sentAt,
    size: 48_213,
    content_type: file.type,
    is_realm_public: null,
    is_web_public: null,
  });
  rows.add("zerver_attachment_messages", { attachment_id, message_id: message });
  if (!file.type.startsWith("image/")) return;
  rows.add("zerver_imageattachment", {
    realm_id: sender.realmId,
    path_id: file.path,
    content_type: file.type,
    original_width_px: PICTURE.width,
    original_height_px: PICTURE.height,
    frames: 1,
  });
}
