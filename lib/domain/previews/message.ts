/**
 * The message that previews are for.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { isPostgres } from "../database/dialect.ts";
import type { PublishWithTransaction } from "../database/outbox.ts";
import type { Database, Tables } from "../database/tables.ts";
import { storeRendering } from "../messages/rendering/store_rendering.ts";
import type { Camo } from "./camo.ts";
import { insertPreviews } from "./insert.ts";
import type { LinkPreview } from "./preview.ts";

/** The message of an event. */
export interface PreviewedMessage {
  readonly id: number;
  readonly realmId: number;
  /** Its Markdown when the event was published. */
  readonly content: string;
}

/** What the database says of it. */
export interface StoredFacts {
  readonly content: string;
  /** `null`: it was never rendered. */
  readonly rendered: string | null;
  readonly isFromBot: boolean;
  /** Whether the organization has previews turned on; `null` where there is no such organization. */
  readonly isWanted: boolean | null;
}

/** Why a message gets no previews; `undefined` where it gets them. */
export function reasonAgainst(
  { content }: Pick<PreviewedMessage, "content">,
  stored: StoredFacts | undefined,
): string | undefined {
  if (!stored) return "it does not exist";
  if (stored.content !== content) return "it has been edited since";
  if (stored.rendered === null) return "it has no HTML";
  if (stored.isFromBot) return "a bot sent it";
  return stored.isWanted ? undefined : "previews are off for its organization";
}

/**
 * Why a message gets no previews, as the database is now.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function previewsUnwanted(
  db: Database,
  message: PreviewedMessage,
): Promise<string | undefined> {
  return reasonAgainst(message, await factsOf(db, message, false));
}

/** The previews of a message. */
export interface NewPreviews {
  /** By link. */
  readonly found: ReadonlyMap<string, LinkPreview>;
  readonly camo: Camo | undefined;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Puts previews into a message, which is locked from here to the end of the transaction, and tells
 * its readers.
 *
 * @returns Why nothing was changed; `undefined` where something was.
 * @throws {DatabaseError} When the database is lost.
 */
export async function addPreviews(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  message: PreviewedMessage,
  { found, camo, now }: NewPreviews,
): Promise<string | undefined> {
  const stored = await factsOf(trx, message, true);
  const reason = reasonAgainst(message, stored);
  if (reason !== undefined || typeof stored?.rendered !== "string") return reason;
  const rendered = insertPreviews(stored.rendered, found, camo);
  if (rendered === stored.rendered) return "there is nothing to show";
  const { id, content } = message;
  await storeRendering(trx, publish, { id, content, rendered, now });
  return undefined;
}

/** @param isLocked Whether it stays as it is until the end of the transaction. */
async function factsOf(
  db: Database,
  { id, realmId }: PreviewedMessage,
  isLocked: boolean,
): Promise<StoredFacts | undefined> {
  const message = await db.selectFrom("zerver_message")
    .select(["content", "rendered_content", "sender_id"]).where("id", "=", id)
    .$if(isLocked && isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();
  if (!message) return undefined;
  const sender = await db.selectFrom("zerver_userprofile").select("is_bot")
    .where("id", "=", message.sender_id).executeTakeFirst();
  const realm = await db.selectFrom("zerver_realm").select("inline_url_embed_preview")
    .where("id", "=", realmId).executeTakeFirst();
  return {
    content: message.content,
    rendered: message.rendered_content,
    isFromBot: sender?.is_bot === true,
    isWanted: realm?.inline_url_embed_preview ?? null,
  };
}
