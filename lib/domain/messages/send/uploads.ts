/**
 * The files that a message links to.
 *
 * @module
 */

import type { Transaction } from "kysely";
import type { Tables } from "../../database/tables.ts";
import { escapeHtml } from "../rendering/html_edits.ts";
import type { Rendered } from "./markdown.ts";
import type { MessageUpload } from "./new_message.ts";
import type { Place } from "./place.ts";

/** What is shown until a picture has its thumbnails. */
const LOADER = "/static/images/loading/loader-black.svg";

/** The rendered message with places for its pictures, which the queue `thumbnail` fills. */
export function withPictures(
  rendered: Rendered,
  uploads: readonly MessageUpload[] = [],
): Rendered {
  return { ...rendered, html: [rendered.html, ...uploads.flatMap(placeholder)].join("\n") };
}

function placeholder({ pathId, name, picture }: MessageUpload): string[] {
  if (!picture) return [];
  const { contentType, width, height } = picture;
  return [
    `<div class="message_inline_image"><a href="/user_uploads/${escapeHtml(pathId)}" ` +
    `title="${escapeHtml(name)}"><img class="image-loading-placeholder" ` +
    `data-original-content-type="${escapeHtml(contentType)}" ` +
    `data-original-dimensions="${width}x${height}" src="${LOADER}"></a></div>`,
  ];
}

/**
 * Gives files to a message: who may read it may see them.
 *
 * @param ownerId Whose files they are; those of others are left alone.
 * @throws {DatabaseError} When the database is lost.
 */
export async function claimUploads(
  trx: Transaction<Tables>,
  messageId: number,
  ownerId: number,
  place: Place,
  uploads: readonly MessageUpload[] = [],
): Promise<void> {
  if (uploads.length === 0) return;
  const paths = uploads.map(({ pathId }) => pathId);
  const rows = await trx.selectFrom("zerver_attachment").select("id")
    .where("path_id", "in", paths).where("owner_id", "=", ownerId).execute();
  const values = rows.map(({ id }) => ({ attachment_id: id, message_id: messageId }));
  if (values.length === 0) return;
  await trx.insertInto("zerver_attachment_messages").values(values)
    .onConflict((conflict) => conflict.doNothing()).execute();
  if (place.kind !== "channel") return;
  const ids = rows.map(({ id }) => id);
  const open = { is_realm_public: place.isPublic, is_web_public: place.isWebPublic };
  if (!open.is_realm_public && !open.is_web_public) return;
  await trx.updateTable("zerver_attachment").set(open).where("id", "in", ids).execute();
}
