/**
 * A database with many users who have missed messages, all of them due.
 *
 * @module
 */

import { newMessage, newRow, newStream } from "../../../lib/domain/database/rows.ts";
import { pieces } from "../../../lib/domain/database/pieces.ts";
import type { Database } from "../../../lib/domain/database/tables.ts";
import { addUsers } from "../../users.ts";

/** How much there is. */
export interface Amount {
  /** Rows, each for a message of its own. */
  readonly rows: number;
  readonly users: number;
}

/** The most rows of a statement: SQLite takes 32,766 parameters, and a message has 20. */
const PIECE = 1000;
/** Of ten messages to a user, those on a topic; the others are direct ones. */
const ON_TOPIC = 6;
const MENTIONED = 8;
const SENT = Date.parse("2026-01-02T08:00:00Z");

/** A missed message. */
interface Missed {
  /** The id of the message, and that of its row. */
  readonly id: number;
  readonly user: number;
  readonly isOnTopic: boolean;
  /** Whether it is the first of its user. */
  readonly isFirst: boolean;
}

/**
 * Fills an empty database. The id of a row is that of its message, whose text is `message <id>.`
 *
 * @returns The ids.
 */
export async function fill(db: Database, amount: Amount): Promise<number[]> {
  const users = await addUsers(db, amount.users);
  const all = Array.from({ length: amount.rows }, (_, at): Missed => {
    const turn = Math.floor(at / users.length);
    const user = users[at % users.length]?.id ?? 0;
    return { id: at + 1, user, isOnTopic: turn % 10 < ON_TOPIC, isFirst: turn === 0 };
  });
  const places = await addPlaces(db, users.map(({ id }) => id));
  for (const some of pieces(all, PIECE)) await addMissed(db, some, places);
  return all.map(({ id }) => id);
}

/** Where messages come from and go to. */
interface Places {
  readonly realm: number;
  readonly sender: number;
  readonly client: number;
  /** The recipient of the channel. */
  readonly channel: number;
  /** The recipients of the users. */
  readonly direct: ReadonlyMap<number, number>;
}

async function addPlaces(db: Database, users: readonly number[]): Promise<Places> {
  const [sender = 0] = users;
  const realm = await db.selectFrom("zerver_realm").select("id").executeTakeFirstOrThrow();
  const group = await db.selectFrom("zerver_usergroup").select("id").executeTakeFirstOrThrow();
  const client = await db.insertInto("zerver_client").values({ name: "website" }).returning("id")
    .executeTakeFirstOrThrow();
  const stream = await db.insertInto("zerver_stream").values(newStream({
    ...{ realm_id: realm.id, name: "kitchen", date_created: new Date(SENT), group: group.id },
  })).returning("id").executeTakeFirstOrThrow();
  const channel = await db.insertInto("zerver_recipient").values({ type: 2, type_id: stream.id })
    .returning("id").executeTakeFirstOrThrow();
  const direct = new Map<number, number>();
  for (const some of pieces(users, PIECE)) {
    const rows = await db.insertInto("zerver_recipient")
      .values(some.map((type_id) => ({ type: 1, type_id })))
      .returning(["id", "type_id"]).execute();
    for (const { id, type_id } of rows) direct.set(type_id, id);
  }
  return { realm: realm.id, sender, client: client.id, channel: channel.id, direct };
}

async function addMissed(
  db: Database,
  some: readonly Missed[],
  { realm, sender, client, channel, direct }: Places,
): Promise<void> {
  await db.insertInto("zerver_message").values(some.map(({ id, user, isOnTopic }) => ({
    ...newMessage({
      ...{ realm_id: realm, sender_id: sender, sending_client_id: client },
      ...{ recipient_id: isOnTopic ? channel : direct.get(user) ?? 0 },
      ...(isOnTopic && { subject: `topic ${user}` }),
      ...{ content: `message ${id}.`, rendered_content: `<p>message ${id}.</p>` },
      date_sent: new Date(SENT + id),
    }),
    id,
  }))).execute();
  await db.insertInto("zerver_usermessage").values(
    some.map(({ id, user, isFirst }) =>
      newRow("zerver_usermessage", {
        ...{ user_profile_id: user, message_id: id, flags: isFirst ? MENTIONED : 0 },
      })
    ),
  ).execute();
  await db.insertInto("zerver_scheduledmessagenotificationemail").values(
    some.map(({ id, user, isOnTopic, isFirst }) => ({
      ...{ id, user_profile_id: user, message_id: id, scheduled_timestamp: new Date(SENT) },
      trigger: isFirst ? "mentioned" : isOnTopic ? "stream_email_notify" : "direct_message",
    })),
  ).execute();
}
