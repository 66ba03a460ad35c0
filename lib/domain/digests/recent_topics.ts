/**
 * What was written in channels since a digest's beginning, by topic.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";
import { isByPerson } from "../messages/by_people.ts";
import type { TopicTraffic } from "./hot_topics.ts";

/** A topic, and what was written in it. */
export interface RecentTopic extends TopicTraffic {
  /** The recipient that its channel's messages have. */
  readonly recipient: number;
  /** As it is written: topics that differ in case are two. */
  readonly name: string;
  /** The ids of its first messages, of anybody: one or two. */
  readonly first: readonly number[];
}

/** Where and when the messages of topics were written. */
export interface TopicsAsked {
  readonly realmId: number;
  /** Messages that were sent after it count; ms since 1970. */
  readonly cutoff: number;
}

/** For how long topics are kept for the next users, in ms: 60 s. */
const KEPT_MS = 60_000;

/**
 * Topics of the channels that were asked for last, so that the users of a realm, who come a few at a
 * time, do not have its messages read for each few.
 */
export class RecentTopics {
  #of: (TopicsAsked & { readonly readAt: number }) | undefined;
  readonly #byRecipient = new Map<number, readonly RecentTopic[]>();

  /**
   * The topics of channels, in the order of their first messages. What was read within the last
   * minute is not read again.
   *
   * @param recipients Those of the channels.
   * @param now ms since 1970.
   * @throws {DatabaseError} When the database is lost.
   */
  async of(
    db: Database,
    asked: TopicsAsked,
    recipients: readonly number[],
    now: number,
  ): Promise<ReadonlyMap<number, readonly RecentTopic[]>> {
    this.#keepOnly(asked, now);
    const missing = recipients.filter((recipient) => !this.#byRecipient.has(recipient));
    if (missing.length > 0) {
      const found = Map.groupBy(await topicsOf(db, asked, missing), ({ recipient }) => recipient);
      for (const recipient of missing) {
        this.#byRecipient.set(recipient, found.get(recipient) ?? []);
      }
    }
    return this.#byRecipient;
  }

  #keepOnly({ realmId, cutoff }: TopicsAsked, now: number): void {
    const of = this.#of;
    if (of?.realmId === realmId && of.cutoff === cutoff && now - of.readAt < KEPT_MS) return;
    this.#byRecipient.clear();
    this.#of = { realmId, cutoff, readAt: now };
  }
}

interface TopicRow {
  readonly recipient_id: number;
  readonly subject: string;
  readonly senders: number | bigint;
  readonly messages: number | bigint;
  readonly first: number;
  readonly second: number | null;
}

/** The topics of some channels, by one query. */
async function topicsOf(
  db: Database,
  { realmId, cutoff }: TopicsAsked,
  recipients: readonly number[],
): Promise<RecentTopic[]> {
  const { rows } = await sql<TopicRow>`
    select recipient_id, subject, count(distinct person) as senders, count(person) as messages,
      min(id) as first, min(case when place = 2 then id end) as second
    from (
      select message.id, message.recipient_id, message.subject,
        case when ${isByPerson("client.name")} then sender.full_name end as person,
        row_number() over (
          partition by message.recipient_id, message.subject order by message.id) as place
      from zerver_message as message
      join zerver_client as client on client.id = message.sending_client_id
      join zerver_userprofile as sender on sender.id = message.sender_id
      where message.realm_id = ${realmId} and ${inIds(db, "message.recipient_id", recipients)}
        and message.date_sent > ${new Date(cutoff)}) as recent
    group by recipient_id, subject order by min(id)`.execute(db);
  return rows.map(({ recipient_id, subject, senders, messages, first, second }) => ({
    recipient: recipient_id,
    name: subject,
    senders: Number(senders),
    messages: Number(messages),
    first: second === null ? [first] : [first, second],
  }));
}
