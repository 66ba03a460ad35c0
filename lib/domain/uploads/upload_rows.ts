/**
 * The rows of uploaded files.
 *
 * @module
 */

import type { Transaction } from "kysely";
import type { PublishWithTransaction } from "../database/outbox.ts";
import type { Tables } from "../database/tables.ts";
import { newRow } from "../database/rows.ts";
import type { PictureHeader } from "../pictures/picture_header.ts";
import type { Upload } from "./upload.ts";

/** Whose files they are. */
export interface UploadOwner {
  readonly ownerId: number;
  readonly realmId: number;
  readonly now: Date;
}

/** The queue that makes thumbnails. */
const THUMBNAILS = "thumbnail";

/**
 * Adds the rows of files that are not there, and has thumbnails made of pictures. Until a message has
 * them, only their owner sees them.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function addUploads(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  uploads: readonly Upload[],
  { ownerId, realmId, now }: UploadOwner,
): Promise<void> {
  for (const { pathId, name, contentType, bytes, picture } of uploads) {
    const row = newRow("zerver_attachment", {
      ...{ file_name: name, path_id: pathId, owner_id: ownerId, realm_id: realmId },
      ...{ create_time: now, size: bytes.length, content_type: contentType },
      ...{ is_realm_public: false, is_web_public: false },
    });
    await trx.insertInto("zerver_attachment").values(row)
      .onConflict((conflict) => conflict.column("path_id").doNothing()).execute();
    if (picture) await addPicture(trx, publish, { realmId, pathId, picture });
  }
}

async function addPicture(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  { realmId, pathId, picture }: {
    readonly realmId: number;
    readonly pathId: string;
    readonly picture: PictureHeader;
  },
): Promise<void> {
  const row = newRow("zerver_imageattachment", {
    ...{ realm_id: realmId, path_id: pathId, content_type: picture.contentType },
    ...{ original_width_px: picture.width, original_height_px: picture.height },
    frames: picture.frames,
  });
  const added = await trx.insertInto("zerver_imageattachment").values(row)
    .onConflict((conflict) => conflict.column("path_id").doNothing())
    .returning("id").executeTakeFirst();
  if (added) publish(THUMBNAILS, { id: Number(added.id) }, { id: `thumbnail:${pathId}` });
}
