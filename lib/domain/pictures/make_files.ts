/**
 * From an uploaded picture to the files of its thumbnails.
 *
 * @module
 */

import { MOST_FILE_BYTES } from "./limits.ts";
import type { MadeThumbnail } from "./order.ts";
import type { Thumbnailer } from "./thumbnailer.ts";
import {
  CONTENT_TYPE,
  missingForms,
  nameOf,
  type Picture,
  type StoredThumbnail,
} from "./thumbnails.ts";
import type { Uploads } from "../uploads/uploads.ts";

/** What makes and stores thumbnails. */
export interface FileMaker {
  readonly uploads: Uploads;
  readonly thumbnailer: Thumbnailer;
}

/** The thumbnails of a picture that were made. */
export interface FilesMade {
  /** Their files are stored. */
  readonly thumbnails: readonly StoredThumbnail[];
  /** Why others were not made, which is the picture's fault; `undefined` where all were. */
  readonly problem: string | undefined;
}

/**
 * Makes the thumbnails that a picture lacks, and stores their files. Files that a run has left which
 * was killed are replaced.
 *
 * @throws {UploadMissing} When the file of the picture is not there.
 * @throws {UploadsUnavailable} When the folder of uploads cannot be used now.
 * @throws What the signal is aborted with.
 * @throws {Error} When the decoders fail otherwise, such as by a crash.
 */
export async function makeFiles(
  picture: Picture,
  { uploads, thumbnailer }: FileMaker,
  signal: AbortSignal,
): Promise<FilesMade> {
  const forms = missingForms(picture);
  if (forms.length === 0) return { thumbnails: [], problem: undefined };
  const bytes = await uploads.read(picture.path, MOST_FILE_BYTES);
  if (!bytes) return { thumbnails: [], problem: TOO_LARGE };
  const { frames } = picture;
  const { made, problem } = await thumbnailer.make({ bytes, frames, forms }, { signal });
  for (const { form, bytes } of made) {
    await uploads.storeThumbnail(picture.path, nameOf(form), bytes);
  }
  return { thumbnails: made.map(storedOf), problem };
}

const TOO_LARGE = `its file has more than ${MOST_FILE_BYTES / 1024 ** 2} MB`;

function storedOf({ form, bytes, width, height }: MadeThumbnail): StoredThumbnail {
  return { ...form, content_type: CONTENT_TYPE, width, height, byte_size: bytes.length };
}
