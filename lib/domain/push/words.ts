/**
 * The words of pushes, in the reader's language. They are in the catalogues of the mails.
 *
 * @module
 */

import type { TextOf } from "../messages/missed/words.ts";

/** What a message says of itself. */
export interface SubtitleFacts {
  /** Why the reader is shown it. */
  readonly trigger: string;
  readonly senderName: string;
  /** The group by which the reader was mentioned. */
  readonly groupName: string | undefined;
  /** Whether only the reader and the sender write there. */
  readonly isOneToOne: boolean;
}

/** The line between title and text: who wrote, and whether that mentions the reader. */
export function subtitleOf(
  { trigger, senderName: name, ...facts }: SubtitleFacts,
  text: TextOf,
): string {
  const { groupName: group } = facts;
  if (trigger === "mentioned") {
    return group === undefined
      ? text("push.mentioned_you", { name })
      : text("push.mentioned_group", { name, group });
  }
  if (trigger.includes("wildcard_mentioned")) return text("push.mentioned_everyone", { name });
  return facts.isOneToOne ? "" : text("push.sender", { name });
}

/** The name of a topic; an empty one has a name, too. */
export function topicName(topic: string, text: TextOf): string {
  return topic === "" ? text("push.no_topic", {}) : topic;
}

/** What stands for a message that may be shown in encrypted pushes only. */
export function hiddenText(text: TextOf): string {
  return text("push.hidden", {});
}

/** The title of an encrypted push, where the app cannot decrypt it. */
export function encryptedTitle(text: TextOf): string {
  return text("push.new_notification", {});
}

/** The name of a sender that the reader may not know. */
export function unknownName(text: TextOf): string {
  return text("push.unknown_user", {});
}

/** The words of a push that tests whether pushes arrive. */
export function testWords(realm: { name: string; url: string }, text: TextOf) {
  return {
    subtitle: text("push.test_title", {}),
    body: text("push.test_body", { realm: realm.name, url: realm.url }),
  };
}
