/**
 * Which topics a digest shows, and whether it is worth sending.
 *
 * @module
 */

/** What was written in a topic since the digest's beginning. */
export interface TopicTraffic {
  /** How many people wrote, by their names. */
  readonly senders: number;
  /** How many messages people wrote; those of bots and integrations do not count. */
  readonly messages: number;
}

/** The most topics of a digest. */
const MOST = 4;
/** How many of them are chosen by the number of people. */
const MOST_DIVERSE = 2;

/**
 * The topics of a digest: the two in which most people wrote, and then those with most messages of
 * people, four in all. Of equals those that come first in the list are taken.
 */
export function hotTopics<Topic extends TopicTraffic>(topics: readonly Topic[]): Topic[] {
  const diverse = largest(topics, MOST_DIVERSE, ({ senders }) => senders);
  const long = largest(topics, MOST, ({ messages }) => messages);
  return [...diverse, ...long.filter((topic) => !diverse.includes(topic))].slice(0, MOST);
}

/** The largest elements, the largest first; of equals those that come first. One pass. */
function largest<One>(all: readonly One[], count: number, size: (one: One) => number): One[] {
  const found: One[] = [];
  for (const one of all) {
    const last = found[count - 1];
    if (last !== undefined && size(one) <= size(last)) continue;
    const smaller = found.findIndex((other) => size(other) < size(one));
    found.splice(smaller < 0 ? found.length : smaller, 0, one);
    if (found.length > count) found.pop();
  }
  return found;
}

/** What a digest has to tell. */
export interface DigestTraffic {
  /** Whether the mail may show messages. */
  readonly showsContent: boolean;
  readonly newChannels: number;
  /** Topics that the mail shows; 0 where it may not show messages. */
  readonly topics: number;
  /** Messages of people that the user got; only asked for where the mail may not show messages. */
  readonly newMessages: number;
}

/** Whether a digest is worth sending. */
export function hasTraffic(digest: DigestTraffic): boolean {
  if (digest.newChannels > 0) return true;
  return digest.showsContent ? digest.topics > 0 : digest.newMessages > 0;
}
