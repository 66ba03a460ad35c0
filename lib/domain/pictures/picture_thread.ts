/**
 * The program of the thread that makes thumbnails. WebAssembly cannot be interrupted, and its memory
 * never shrinks: a thread can be ended.
 *
 * @module
 */

import { loadMagick } from "./magick.ts";
import { makeThumbnails } from "./make.ts";
import type { PictureOrder, PictureResult } from "./order.ts";

/** What the thread tells its caller besides. */
interface PictureThreadContext {
  /** Called with `"decoding"` when ImageMagick is loaded, and the picture's turn has come. */
  progress(value: unknown): void;
}

/**
 * Makes the thumbnails of a picture.
 *
 * @throws {Error} When ImageMagick itself fails. The thread has to be ended then.
 */
export default async function pictureThread(
  order: PictureOrder,
  { progress }: PictureThreadContext,
): Promise<PictureResult> {
  await loadMagick();
  progress("decoding");
  return makeThumbnails(order);
}
