/**
 * What the thread that makes thumbnails is asked for, and what it answers.
 *
 * @module
 */

import type { ThumbnailForm } from "./thumbnails.ts";

/** An order of the thumbnails of one picture. */
export interface PictureOrder {
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many frames the picture has: over 1 where it is animated. */
  readonly frames: number;
  /** The thumbnails to be made, at least one. */
  readonly forms: readonly ThumbnailForm[];
}

/** A thumbnail that was made. */
export interface MadeThumbnail {
  readonly form: ThumbnailForm;
  /** Its file. */
  readonly bytes: Uint8Array;
  /** In pixels. */
  readonly width: number;
  /** In pixels, of one frame. */
  readonly height: number;
}

/** What came of an order. */
export interface PictureResult {
  readonly made: readonly MadeThumbnail[];
  /** Why the others were not made, which is the picture's fault; `undefined` where all were. */
  readonly problem: string | undefined;
  /** The memory that the decoders keep, in bytes. It does not shrink before the thread ends. */
  readonly memoryBytes: number;
}
