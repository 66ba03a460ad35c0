/**
 * Why a user gets the mail about a conversation, as keys of its template.
 *
 * @module
 */

import type { MissedMessage } from "./conversations.ts";
import { isMention, type Trigger } from "./triggers.ts";

/** The messages of a conversation that has a mail. */
export type Reasoned = Pick<MissedMessage, "trigger" | "groupId">;

/** The keys of the template that say why. */
export interface Reasons {
  /** Whether the user was mentioned, alone or with others. */
  readonly mention: boolean;
  /** Whether by name. */
  readonly personal_mentioned: boolean;
  readonly topic_wildcard_mentioned: boolean;
  readonly stream_wildcard_mentioned: boolean;
  readonly topic_wildcard_mentioned_in_followed_topic: boolean;
  readonly stream_wildcard_mentioned_in_followed_topic: boolean;
  readonly stream_email_notify: boolean;
  readonly followed_topic_email_notify: boolean;
}

/** Why the user gets the mail about some messages. */
export function reasonsOf(messages: readonly Reasoned[]): Reasons {
  const has = (wanted: Trigger) => messages.some(({ trigger }) => trigger === wanted);
  return {
    mention: messages.some(({ trigger }) => isMention(trigger)),
    personal_mentioned: messages.some(isPersonal),
    topic_wildcard_mentioned: has("topic_wildcard_mentioned"),
    stream_wildcard_mentioned: has("stream_wildcard_mentioned"),
    topic_wildcard_mentioned_in_followed_topic: has("topic_wildcard_mentioned_in_followed_topic"),
    stream_wildcard_mentioned_in_followed_topic: has("stream_wildcard_mentioned_in_followed_topic"),
    stream_email_notify: has("stream_email_notify"),
    followed_topic_email_notify: has("followed_topic_email_notify"),
  };
}

/**
 * The groups that were mentioned, each once; the mail names the smallest one. None where the user
 * was also mentioned by name, as that is the better reason.
 */
export function mentionedGroups(messages: readonly Reasoned[]): number[] {
  if (messages.some(isPersonal)) return [];
  const groups = messages.filter(({ trigger }) => trigger === "mentioned")
    .map(({ groupId }) => groupId).filter((group) => group !== null);
  return [...new Set(groups)];
}

function isPersonal({ trigger, groupId }: Reasoned): boolean {
  return trigger === "mentioned" && groupId === null;
}

/** What decides whether a user who was away for long is prepared for coming back. */
export interface Returning {
  /** Zulip's `long_term_idle`. */
  readonly isIdle: boolean;
  readonly isDirect: boolean;
  readonly reasons: Reasons;
  /** Members of the mentioned group; `undefined`: none was mentioned. */
  readonly groupMembers: number | undefined;
  /** Zulip's MAX_GROUP_SIZE_FOR_MENTION_REACTIVATION. */
  readonly mostMembers: number;
}

/**
 * Whether a user who was away for long gets the messages of that time now, since the mail may bring
 * the user back: for what is meant for the user or for few others.
 */
export function bringsBack(facts: Returning): boolean {
  const { isIdle, isDirect, reasons, groupMembers, mostMembers } = facts;
  if (!isIdle) return false;
  if (isDirect || reasons.personal_mentioned) return true;
  if (groupMembers !== undefined && groupMembers <= mostMembers) return true;
  return reasons.topic_wildcard_mentioned || reasons.topic_wildcard_mentioned_in_followed_topic;
}
