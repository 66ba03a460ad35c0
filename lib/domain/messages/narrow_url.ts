/**
 * Links that open a conversation in Zulip. Their part after `#` is read by the web and mobile apps.
 *
 * @module
 */

/** A user whose name a link shows. */
export interface LinkedUser {
  readonly id: number;
  readonly name: string;
}

/** The topic of a channel, or one message in it. */
export interface LinkedTopic {
  readonly id: number;
  readonly name: string;
  /** Empty for messages without a topic. */
  readonly topic: string;
}

/** What stands between the parts of a name in a link to a user, as in Zulip's own links. */
const BETWEEN_NAMES = /[ "%/<>`\p{C}]+/gu;

/**
 * Text as Zulip has it after `#`: as in an address, with `.` in place of `%`, and so `.2E` for `.`.
 */
export function encodeHash(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return encoded.replaceAll(".", "%2E").replaceAll("%", ".");
}

/**
 * The link to direct messages with one user.
 *
 * @param realmUrl The realm's address, without a slash at its end.
 */
export function directUrl(realmUrl: string, { id, name }: LinkedUser): string {
  return `${realmUrl}/#narrow/dm/${id}-${encodeHash(name.replaceAll(BETWEEN_NAMES, "-"))}`;
}

/**
 * The link to the messages of a DM group.
 *
 * @param others The ids of its members but the reader.
 */
export function groupUrl(realmUrl: string, others: readonly number[]): string {
  const ids = [...others].sort((one, other) => one - other);
  return `${realmUrl}/#narrow/dm/${ids.join(",")}-group`;
}

/** The link to the whole topic of a message, wherever it was moved to. */
export function topicUrl(realmUrl: string, topic: LinkedTopic, message: number): string {
  return `${channelUrl(realmUrl, topic)}/topic/${encodeHash(topic.topic)}/with/${message}`;
}

/** The link to one message of a channel. */
export function messageUrl(realmUrl: string, topic: LinkedTopic, message: number): string {
  return `${channelUrl(realmUrl, topic)}/topic/${encodeHash(topic.topic)}/near/${message}`;
}

/** The link to a channel. */
export function channelUrl(
  realmUrl: string,
  { id, name }: Pick<LinkedTopic, "id" | "name">,
): string {
  return `${realmUrl}/#narrow/channel/${id}-${encodeHash(name.replaceAll(" ", "-"))}`;
}
