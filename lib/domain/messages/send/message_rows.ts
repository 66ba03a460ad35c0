/**
 * The rows of a message that is sent.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { pieces } from "../../database/pieces.ts";
import { newMessage, newRow } from "../../database/rows.ts";
import type { Tables } from "../../database/tables.ts";
import { flagsOf, type MessageFacts, type MessageReader } from "./audience.ts";
import { type Rendered, RENDERED_VERSION } from "./markdown.ts";
import type { NewMessage, Widget } from "./new_message.ts";
import type { MessageSender, SubMessage } from "./notice.ts";
import type { Place } from "./place.ts";

type Trx = Transaction<Tables>;

/** A message to be stored. */
export interface MessageRow {
  readonly message: NewMessage;
  readonly content: string;
  readonly rendered: Rendered;
  readonly place: Place;
  readonly sender: MessageSender;
  /** The realm of the place. */
  readonly realmId: number;
  /** The id of the message's client; `null` where there is none yet. */
  readonly clientId: number | null;
  readonly now: Date;
}

/** Stores a message. @returns Its id. @throws {DatabaseError} When the database is lost. */
export async function insertMessage(trx: Trx, row: MessageRow): Promise<number> {
  const { message, content, rendered, place, sender, realmId, now } = row;
  const uploads = message.uploads ?? [];
  const isChannel = place.kind === "channel";
  const values = newMessage({
    realm_id: realmId,
    sender_id: sender.id,
    recipient_id: place.recipientId,
    sending_client_id: row.clientId ?? await makeClient(trx, message.client),
    content,
    rendered_content: rendered.html,
    rendered_content_version: RENDERED_VERSION,
    has_link: rendered.hasLink,
    has_attachment: uploads.length > 0,
    has_image: uploads.some(({ picture }) => picture),
    date_sent: now,
    ...(isChannel && { subject: place.topic }),
  });
  const { id } = await trx.insertInto("zerver_message")
    .values({ ...values, is_channel_message: isChannel })
    .returning("id").executeTakeFirstOrThrow();
  return id;
}

/** Another transaction may make it at the same time. */
async function makeClient(trx: Trx, name: string): Promise<number> {
  const made = await trx.insertInto("zerver_client").values({ name })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .returning("id").executeTakeFirst();
  const client = made ??
    await trx.selectFrom("zerver_client").select("id").where("name", "=", name).executeTakeFirst();
  if (!client) throw new Error(`The client ${name} could not be added to zerver_client`);
  return client.id;
}

/** The most rows in one statement: SQLite takes 32,766 parameters. */
const ROWS = 5_000;

/** Stores what a message is to readers. @throws {DatabaseError} When the database is lost. */
export async function insertCopies(
  trx: Trx,
  message_id: number,
  readers: readonly MessageReader[],
  facts: MessageFacts,
): Promise<void> {
  const rows = readers.map((reader) =>
    newRow("zerver_usermessage", {
      user_profile_id: reader.id,
      message_id,
      flags: flagsOf(reader, facts),
    })
  );
  for (const some of pieces(rows, ROWS)) {
    await trx.insertInto("zerver_usermessage").values([...some]).execute();
  }
}

/** Stores a widget. @throws {DatabaseError} When the database is lost. */
export async function addWidget(
  trx: Trx,
  message_id: number,
  sender_id: number,
  widget: Widget,
): Promise<SubMessage> {
  const row = { message_id, sender_id, msg_type: "widget", content: JSON.stringify(widget) };
  const { id } = await trx.insertInto("zerver_submessage").values(row).returning("id")
    .executeTakeFirstOrThrow();
  return { id, ...row };
}

/**
 * Notes that a channel has a first message, and is in use.
 *
 * @param id The message's.
 * @throws {DatabaseError} When the database is lost.
 */
export async function noteActivity(
  trx: Trx,
  place: Extract<Place, { kind: "channel" }>,
  id: number,
): Promise<void> {
  if (!place.isRecentlyActive) {
    await trx.updateTable("zerver_stream").set({ is_recently_active: true })
      .where("id", "=", place.streamId).execute();
  }
  if (place.firstMessageId !== null) return;
  // Another transaction may send the first one, too.
  await trx.updateTable("zerver_stream").set({ first_message_id: id })
    .where("id", "=", place.streamId)
    .where(({ eb, or }) =>
      or([eb("first_message_id", "is", null), eb("first_message_id", ">", id)])
    )
    .execute();
}
