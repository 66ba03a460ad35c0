/**
 * The content of users' digests.
 *
 * @module
 */

import type { Transaction } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { NamedRealm } from "../mail/common_context.ts";
import { unsubscribeKeys, unsubscribeLink } from "../users/unsubscribe.ts";
import { isTold, newChannels, type ReadChannel, readChannels } from "./channels.ts";
import { type Conversation, conversationsOf } from "./conversations.ts";
import type { Digest } from "./digest_mail.ts";
import { hasTraffic, hotTopics } from "./hot_topics.ts";
import { type DigestReader, newMessageCounts } from "./readers.ts";
import type { RecentTopic, RecentTopics, TopicsAsked } from "./recent_topics.ts";

/** Of which realm and time digests are. */
export interface DigestsAsked extends TopicsAsked {
  readonly realm: NamedRealm;
  /** ms since 1970. */
  readonly now: number;
}

/** What the digest of one user could contain. */
interface Plan extends Pick<Digest, "reader" | "newChannels" | "newMessages"> {
  readonly topics: readonly { readonly topic: RecentTopic; readonly channel: ReadChannel }[];
}

/**
 * The digests of those users for whom there is enough to report, in the order of the users.
 *
 * @param readers Of one realm; at least one.
 * @param topics What was read for other users of the realm.
 * @throws {DatabaseError} When the database is lost.
 */
export async function digestsToTell(
  trx: Transaction<Tables>,
  readers: readonly DigestReader[],
  asked: DigestsAsked,
  topics: RecentTopics,
): Promise<Digest[]> {
  const plans = await plansOf(trx, readers, asked, topics);
  const shown = new Set(plans.flatMap(({ topics }) => topics.map(({ topic }) => topic)));
  const conversations = await conversationsOf(trx, asked, [...shown]);
  const filled = plans.map((plan) => ({ ...plan, conversations: placed(plan, conversations) }))
    .filter(({ reader, newChannels, newMessages, conversations }) =>
      hasTraffic({
        showsContent: showsContent(reader),
        newChannels: newChannels.length,
        topics: conversations.length,
        newMessages,
      })
    );
  const keys = await unsubscribeKeys(trx, filled.map(({ reader }) => reader), asked.now);
  return filled.map(({ reader, newChannels, newMessages, conversations }) => {
    const key = keys.get(reader.id) ?? "";
    const link = unsubscribeLink(asked.realm.realmUrl, "digest", key);
    const { realm } = asked;
    return { reader, newChannels, newMessages, conversations, realm, unsubscribeLink: link };
  });
}

async function plansOf(
  trx: Transaction<Tables>,
  readers: readonly DigestReader[],
  asked: DigestsAsked,
  topics: RecentTopics,
): Promise<Plan[]> {
  const { realmId, cutoff, now } = asked;
  const shown = readers.filter(showsContent).map(({ id }) => id);
  const hidden = readers.filter((reader) => !showsContent(reader)).map(({ id }) => id);
  const fresh = await newChannels(trx, realmId, cutoff);
  const channels = await readChannels(trx, shown, cutoff);
  const recipients = new Set([...channels.values()].flat().map(({ recipient }) => recipient));
  const byRecipient = await topics.of(trx, asked, [...recipients], now);
  const counts = await newMessageCounts(trx, realmId, hidden, cutoff);
  return readers.map((reader) => ({
    reader,
    newChannels: fresh.filter((channel) => isTold(reader.isGuest, channel)),
    newMessages: counts.get(reader.id) ?? 0,
    topics: hotOf(channels.get(reader.id) ?? [], byRecipient),
  }));
}

/** The hot topics of a user's channels. */
function hotOf(
  channels: readonly ReadChannel[],
  byRecipient: ReadonlyMap<number, readonly RecentTopic[]>,
): Plan["topics"] {
  const byChannel = new Map(channels.map((channel) => [channel.recipient, channel]));
  const all = channels.flatMap(({ recipient }) => byRecipient.get(recipient) ?? []);
  return hotTopics(all).flatMap((topic) => {
    const channel = byChannel.get(topic.recipient);
    return channel ? [{ topic, channel }] : [];
  });
}

function placed(
  { topics }: Plan,
  conversations: ReadonlyMap<RecentTopic, Conversation>,
): Digest["conversations"] {
  return topics.flatMap(({ topic, channel }) => {
    const found = conversations.get(topic);
    return found ? [{ ...found, channel: { id: channel.id, name: channel.name } }] : [];
  });
}

function showsContent({ showsContent: { byUser, byRealm } }: DigestReader): boolean {
  return byUser && byRealm;
}
