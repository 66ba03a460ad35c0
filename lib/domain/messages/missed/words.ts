/**
 * The words of mails about missed messages that their events carry. They are in the reader's
 * language, so that they come from the catalogue of the templates.
 *
 * @module
 */

/** The text of a key of the catalogue, in the reader's language. */
export type TextOf = (key: string, args: Readonly<Record<string, unknown>>) => string;

/** What a resolved topic begins with. */
const RESOLVED = "✔ ";

/** A topic as a mail names it. */
export interface NamedTopic {
  readonly name: string;
  readonly isResolved: boolean;
}

/** The name of a topic without its sign of being resolved; an empty one has a name, too. */
export function namedTopic(topic: string, text: TextOf): NamedTopic {
  const isResolved = topic.startsWith(RESOLVED);
  const name = isResolved ? topic.slice(RESOLVED.length) : topic;
  return { name: name === "" ? text("missed_message.no_topic", {}) : name, isResolved };
}

/**
 * The name of a DM group: all others, or the first two and how many more there are.
 *
 * @param names The members but the reader.
 */
export function groupName(names: readonly string[], text: TextOf): string {
  const [first = "", second, third] = names;
  if (names.length < 2) return first;
  if (names.length === 2) return text("missed_message.names_two", { first, second });
  if (names.length === 3) return text("missed_message.names_three", { first, second, third });
  return text("missed_message.names_more", { first, second, count: names.length - 2 });
}

/** The name that the mails come from. @param installation Zulip's INSTALLATION_NAME. */
export function notifierName(installation: string, text: TextOf): string {
  return text("missed_message.from_name", { installation });
}

/** What stands for what is not shown: for a spoiler, and for a message that cannot be shown. */
export function hiddenTexts(text: TextOf): { spoilerText: string; unshownText: string } {
  return {
    spoilerText: text("common.hidden_spoiler", {}),
    unshownText: text("common.hidden_message", {}),
  };
}
