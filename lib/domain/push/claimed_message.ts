/**
 * The moment at which it is decided whether a user is shown a message.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { isPostgres } from "../database/dialect.ts";
import type { Tables } from "../database/tables.ts";
import { readableMessages } from "../messages/access.ts";
import { FLAG, setFlag } from "../messages/mark_read.ts";
import { MESSAGE_COLUMNS, type StoredMessage, storedMessage } from "../messages/stored_message.ts";
import { type Ages, decideShow, type MessageFacts, type Nothing, shownUntil } from "./deciding.ts";

/** Who is to be shown which message. */
export interface Claim extends Omit<Ages, "changedAt"> {
  readonly userId: number;
  readonly isIdle: boolean;
  readonly messageId: number;
  readonly attempt: MessageFacts["attempt"];
  /** ms since 1970. */
  readonly now: number;
}

/** The message is to be shown. */
export interface Claimed {
  readonly kind: "show";
  readonly message: StoredMessage;
  /** Until when it is worth showing, in ms since 1970. */
  readonly until: number;
}

/**
 * Decides whether a user is shown a message, and if so sets the bit of the user's row that says so.
 * The message is locked, so that nobody deletes it or marks it read in the meantime without removing
 * what is shown.
 *
 * @throws {DatabaseError} `conflict` when the database ended the transaction because of another one.
 */
export async function claimMessage(
  trx: Transaction<Tables>,
  claim: Claim,
): Promise<Claimed | Nothing> {
  const { userId, messageId, now } = claim;
  const row = await lockedMessage(trx, messageId);
  const until = shownUntil({ ...claim, changedAt: changedAt(row) });
  const decision = decideShow({
    ...{ isIdle: claim.isIdle, attempt: claim.attempt, isLate: until <= now },
    message: await stateOf(trx, row, claim),
    copy: await copyOf(trx, userId, messageId),
  });
  if (decision.kind === "nothing") return decision;
  if (!row) throw new Error(`There is no message ${messageId} to be shown`);
  if (decision.setsFlag) await setFlag(trx, userId, [messageId], FLAG.activeMobilePush);
  return { kind: "show", message: storedMessage(row), until };
}

type Row = Awaited<ReturnType<typeof lockedMessage>>;

async function lockedMessage(trx: Transaction<Tables>, id: number) {
  return await trx.selectFrom("zerver_message as message")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "message.recipient_id")
    .select([...MESSAGE_COLUMNS, "message.last_edit_time"])
    .where("message.id", "=", id)
    .$if(isPostgres(trx), (query) => query.forUpdate("message"))
    .executeTakeFirst();
}

function changedAt(row: Row): number {
  return Math.max(row?.date_sent.getTime() ?? 0, row?.last_edit_time?.getTime() ?? 0);
}

async function stateOf(
  trx: Transaction<Tables>,
  row: Row,
  { userId, messageId }: Claim,
): Promise<MessageFacts["message"]> {
  if (row) {
    const readable = await readableMessages(trx, userId, [messageId]);
    return readable.has(messageId) ? "readable" : "unreadable";
  }
  const archived = await trx.selectFrom("zerver_archivedmessage").select("id")
    .where("id", "=", messageId).executeTakeFirst();
  return archived ? "archived" : "gone";
}

async function copyOf(
  trx: Transaction<Tables>,
  user: number,
  message: number,
): Promise<MessageFacts["copy"]> {
  const row = await trx.selectFrom("zerver_usermessage").select("flags")
    .where("user_profile_id", "=", user).where("message_id", "=", message).executeTakeFirst();
  return row && {
    isRead: (row.flags & FLAG.read) !== 0,
    isShown: (row.flags & FLAG.activeMobilePush) !== 0,
  };
}
