/**
 * The words of digests that their events carry. They are in the reader's language, so that they come
 * from the catalogue of the templates.
 *
 * @module
 */

import { namedTopic, type TextOf } from "../messages/missed/words.ts";

/** The name that digests come from. @param installation Zulip's INSTALLATION_NAME. */
export function digestSender(installation: string, text: TextOf): string {
  return text("digest.from_name", { installation });
}

/** A topic as a digest names it: as it is written, and messages without one have a name, too. */
export function topicName(topic: string, text: TextOf): string {
  return topic === "" ? namedTopic(topic, text).name : topic;
}
