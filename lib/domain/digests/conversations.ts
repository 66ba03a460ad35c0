/**
 * The conversations that a digest shows: how each topic began, and who wrote in it.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import { pieces } from "../database/pieces.ts";
import type { Database } from "../database/tables.ts";
import { isByPerson } from "../messages/by_people.ts";
import type { MailMessage } from "../messages/rendering/mail_messages.ts";
import type { RecentTopic, TopicsAsked } from "./recent_topics.ts";

/** A topic with what a mail shows of it. */
export interface Conversation {
  readonly topic: RecentTopic;
  /** Its first messages since the digest's beginning; at least one. */
  readonly messages: readonly [MailMessage, ...MailMessage[]];
  /** The names of the people who wrote in it, sorted. */
  readonly participants: readonly string[];
}

/** The most topics in one statement: SQLite takes 32,766 parameters. */
const ROWS = 5_000;

/**
 * The conversations of some topics, by topic. A topic whose first messages were deleted, or moved
 * elsewhere, after the topics were read is left out: they may be somewhere that the user cannot read.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function conversationsOf(
  db: Database,
  asked: TopicsAsked,
  topics: readonly RecentTopic[],
): Promise<Map<RecentTopic, Conversation>> {
  const found = new Map<RecentTopic, Conversation>();
  if (topics.length === 0) return found;
  const messages = await messagesOf(db, topics.flatMap(({ first }) => first));
  const people = await peopleIn(db, asked, topics);
  for (const topic of topics) {
    const here = topic.first.flatMap((id) => messages.get(id) ?? [])
      .filter(({ recipient, subject }) => recipient === topic.recipient && subject === topic.name);
    const [first, ...others] = here.map(({ message }) => message);
    const participants = people.get(nameOf(topic)) ?? [];
    if (first) found.set(topic, { topic, messages: [first, ...others], participants });
  }
  return found;
}

interface PlacedMessage {
  readonly message: MailMessage;
  readonly recipient: number;
  readonly subject: string;
}

async function messagesOf(
  db: Database,
  ids: readonly number[],
): Promise<Map<number, PlacedMessage>> {
  const rows = await db.selectFrom("zerver_message as message")
    .innerJoin("zerver_userprofile as sender", "sender.id", "message.sender_id")
    .select([
      "message.id",
      "message.sender_id",
      "message.recipient_id",
      "message.subject",
      "message.content",
      "message.rendered_content",
      "message.date_sent",
      "sender.full_name",
    ])
    .where(inIds(db, "message.id", ids)).execute();
  return new Map(rows.map((row) => [row.id, {
    recipient: row.recipient_id,
    subject: row.subject,
    message: {
      id: row.id,
      senderId: row.sender_id,
      senderName: row.full_name,
      content: row.content,
      renderedContent: row.rendered_content,
      sentAt: row.date_sent,
    },
  }]));
}

interface Participant {
  readonly recipient_id: number;
  readonly subject: string;
  readonly full_name: string;
}

/** The names of the people who wrote in topics, by {@linkcode nameOf}. */
async function peopleIn(
  db: Database,
  { realmId, cutoff }: TopicsAsked,
  topics: readonly RecentTopic[],
): Promise<Map<string, string[]>> {
  const people: Participant[] = [];
  for (const some of pieces(topics, ROWS)) {
    const values = some.map(({ recipient, name }) =>
      sql`(cast(${recipient} as integer), cast(${name} as text))`
    );
    const { rows } = await sql<Participant>`
      select distinct message.recipient_id, message.subject, sender.full_name
      from zerver_message as message
      join zerver_client as client on client.id = message.sending_client_id
      join zerver_userprofile as sender on sender.id = message.sender_id
      where message.realm_id = ${realmId} and message.date_sent > ${new Date(cutoff)}
        and (message.recipient_id, message.subject) in (values ${sql.join(values)})
        and ${isByPerson("client.name")}`.execute(db);
    for (const row of rows) people.push(row);
  }
  const byTopic = Map.groupBy(
    people,
    ({ recipient_id: recipient, subject: name }) => nameOf({ recipient, name }),
  );
  return new Map(
    [...byTopic].map(([topic, here]) => [topic, here.map(({ full_name }) => full_name).sort()]),
  );
}

function nameOf({ recipient, name }: Pick<RecentTopic, "recipient" | "name">): string {
  return `${recipient} ${name}`;
}
