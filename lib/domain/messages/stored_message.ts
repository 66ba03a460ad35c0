/**
 * Messages as plain values.
 *
 * @module
 */

import type { Row } from "../database/tables.ts";

/** Where a message goes: to one user, to a channel, or to a DM group. */
export type Destination = "user" | "channel" | "group";

/** A message. */
export interface StoredMessage {
  readonly id: number;
  readonly realmId: number;
  readonly senderId: number;
  readonly recipientId: number;
  readonly destination: Destination;
  /** The id of the user, the channel or the DM group. */
  readonly destinationId: number;
  /** As it was written; U+0007 for a direct message. */
  readonly topic: string;
  /** Markdown. */
  readonly content: string;
  /** HTML; null where it was not rendered. */
  readonly rendered: string | null;
  /** To the millisecond. */
  readonly sentAt: Date;
}

/** The columns of {@linkcode storedMessage}, of `zerver_message as message` and its `recipient`. */
export const MESSAGE_COLUMNS = [
  "message.id",
  "message.realm_id",
  "message.sender_id",
  "message.recipient_id",
  "message.subject",
  "message.content",
  "message.rendered_content",
  "message.date_sent",
  "recipient.type",
  "recipient.type_id",
] as const;

/** A row of {@linkcode MESSAGE_COLUMNS}. */
export type MessageRow =
  & Pick<
    Row<"zerver_message">,
    | "id"
    | "realm_id"
    | "sender_id"
    | "recipient_id"
    | "subject"
    | "content"
    | "rendered_content"
    | "date_sent"
  >
  & Pick<Row<"zerver_recipient">, "type" | "type_id">;

const DESTINATIONS: Readonly<Record<number, Destination>> = { 1: "user", 2: "channel", 3: "group" };

/** The message of a row. */
export function storedMessage(row: MessageRow): StoredMessage {
  return {
    id: row.id,
    realmId: row.realm_id,
    senderId: row.sender_id,
    recipientId: row.recipient_id,
    destination: DESTINATIONS[row.type] ?? "group",
    destinationId: row.type_id,
    topic: row.subject,
    content: row.content,
    rendered: row.rendered_content,
    sentAt: row.date_sent,
  };
}
