/**
 * Pictures in the database, and the messages that show them.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { toJson } from "../../json/to_json.ts";
import { isPostgres } from "../database/dialect.ts";
import type { PublishWithTransaction } from "../database/outbox.ts";
import type { Database, Tables } from "../database/tables.ts";
import { storeRendering } from "../messages/rendering/store_rendering.ts";
import { PLACEHOLDER, removePicture, showPicture } from "./placeholders.ts";
import { type Picture, shownAs, type StoredThumbnail, withThumbnails } from "./thumbnails.ts";

/**
 * A picture, which is not locked.
 *
 * @param id Of `zerver_imageattachment`.
 * @returns `undefined` where it does not exist.
 * @throws {DatabaseError} When the database is lost.
 */
export async function pictureOf(db: Database, id: number): Promise<Picture | undefined> {
  return await readPicture(db, id, false);
}

/** What came of making the thumbnails of a picture. */
export interface ThumbnailsMade {
  /** Their files are stored. */
  readonly thumbnails: readonly StoredThumbnail[];
  /** Whether the picture itself is the reason that others were not made. */
  readonly isRefused: boolean;
  /** ms since 1970. */
  readonly now: number;
}

/** What was stored of a picture. */
export type PictureEnd =
  /** Its thumbnails. */
  | "stored"
  /** Nothing: it cannot be shown, so that its row and its places in messages are removed. */
  | "removed"
  /** Nothing: it was deleted meanwhile. */
  | "missing";

/**
 * Stores the thumbnails of a picture, and shows it where messages have a placeholder of it. A picture
 * that is refused and has no thumbnail at all is removed from them. The picture is locked before the
 * messages, as where messages are sent.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function storeThumbnails(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  id: number,
  { thumbnails, isRefused, now }: ThumbnailsMade,
): Promise<PictureEnd> {
  const picture = await readPicture(trx, id, true);
  if (!picture) return "missing";
  const all = withThumbnails(picture.thumbnails, thumbnails);
  const change = { path: picture.path, now };
  if (isRefused && all.length === 0) {
    await changeMessages(trx, publish, { ...change, edit: removePicture });
    await trx.deleteFrom("zerver_imageattachment").where("id", "=", id).execute();
    return "removed";
  }
  if (all.length > picture.thumbnails.length) {
    await trx.updateTable("zerver_imageattachment")
      .set({ thumbnail_metadata: toJson(all) }).where("id", "=", id).execute();
  }
  const shown = shownAs({ ...picture, thumbnails: all });
  if (shown) {
    const edit = (html: string, path: string) => showPicture(html, path, shown);
    await changeMessages(trx, publish, { ...change, edit });
  }
  return "stored";
}

async function readPicture(
  db: Database,
  id: number,
  isLocked: boolean,
): Promise<Picture | undefined> {
  const row = await db.selectFrom("zerver_imageattachment").select([
    "path_id",
    "content_type",
    "original_width_px",
    "original_height_px",
    "frames",
    "thumbnail_metadata",
  ]).where("id", "=", id).$if(isLocked && isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();
  return row && {
    id,
    path: row.path_id,
    contentType: row.content_type,
    width: row.original_width_px,
    height: row.original_height_px,
    frames: row.frames,
    thumbnails: row.thumbnail_metadata as StoredThumbnail[],
  };
}

/** A change of all messages that have a picture. */
interface Change {
  readonly path: string;
  /** Edits the HTML of a message. */
  readonly edit: (html: string, path: string) => string;
  readonly now: number;
}

/** Changes messages, whose readers are notified, and deleted ones, which may be restored. */
async function changeMessages(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  { path, edit, now }: Change,
): Promise<void> {
  for (const { id, content, rendered_content: html } of await messagesWith(trx, path)) {
    const rendered = edit(html ?? "", path);
    if (rendered !== html) await storeRendering(trx, publish, { id, content, rendered, now });
  }
  for (const { id, rendered_content: html } of await archivedMessagesWith(trx, path)) {
    const rendered_content = edit(html ?? "", path);
    if (rendered_content === html) continue;
    await trx.updateTable("zerver_archivedmessage").set({ rendered_content })
      .where("id", "=", id).execute();
  }
}

/** The messages with a file that have a placeholder, locked one after another by their ids. */
async function messagesWith(trx: Transaction<Tables>, path: string) {
  return await trx.selectFrom("zerver_message as message")
    .innerJoin("zerver_attachment_messages as link", "link.message_id", "message.id")
    .innerJoin("zerver_attachment as attachment", "attachment.id", "link.attachment_id")
    .select(["message.id", "message.content", "message.rendered_content"])
    .where("attachment.path_id", "=", path)
    .where("message.rendered_content", "like", `%${PLACEHOLDER}%`)
    .orderBy("message.id")
    .$if(isPostgres(trx), (query) => query.forUpdate("message")).execute();
}

/** The deleted messages likewise. */
async function archivedMessagesWith(trx: Transaction<Tables>, path: string) {
  return await trx.selectFrom("zerver_archivedmessage as message")
    .innerJoin(
      "zerver_archivedattachment_messages as link",
      "link.archivedmessage_id",
      "message.id",
    )
    .innerJoin(
      "zerver_archivedattachment as attachment",
      "attachment.id",
      "link.archivedattachment_id",
    )
    .select(["message.id", "message.rendered_content"])
    .where("attachment.path_id", "=", path)
    .where("message.rendered_content", "like", `%${PLACEHOLDER}%`)
    .orderBy("message.id")
    .$if(isPostgres(trx), (query) => query.forUpdate("message")).execute();
}
