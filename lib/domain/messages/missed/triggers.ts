/**
 * Why a user gets a mail about a message.
 *
 * @module
 */

/** The reasons, as Zulip names them. */
export type Trigger =
  | "direct_message"
  | "mentioned"
  | "topic_wildcard_mentioned"
  | "stream_wildcard_mentioned"
  | "topic_wildcard_mentioned_in_followed_topic"
  | "stream_wildcard_mentioned_in_followed_topic"
  | "followed_topic_email_notify"
  | "stream_email_notify";

/** Those for which a message mentions the user. */
const MENTIONS: ReadonlySet<string> = new Set<Trigger>([
  "mentioned",
  "topic_wildcard_mentioned",
  "stream_wildcard_mentioned",
  "topic_wildcard_mentioned_in_followed_topic",
  "stream_wildcard_mentioned_in_followed_topic",
]);

/** The names that servers before 2023 used. */
const LEGACY: ReadonlyMap<string, Trigger> = new Map([
  ["private_message", "direct_message"],
  ["wildcard_mentioned", "stream_wildcard_mentioned"],
  ["followed_topic_wildcard_mentioned", "stream_wildcard_mentioned_in_followed_topic"],
]);

/** The present name of a trigger. A name that is not known, of a newer server, stays as it is. */
export function presentTrigger(name: string): string {
  return LEGACY.get(name) ?? name;
}

/** Whether a message with this trigger mentions the user, alone or with others. */
export function isMention(trigger: string): boolean {
  return MENTIONS.has(trigger);
}
