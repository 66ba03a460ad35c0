/**
 * Which thumbnails a picture has, and what is stored of each.
 *
 * @module
 */

import { isShownByBrowsers } from "./formats.ts";
import type { PictureSize } from "./limits.ts";

/** The form of a thumbnail, which fits into a box and keeps the proportions of its picture. */
export interface ThumbnailForm {
  readonly extension: "webp";
  readonly max_width: number;
  readonly max_height: number;
  readonly animated: boolean;
}

/** A thumbnail, as an element of `zerver_imageattachment.thumbnail_metadata`. */
export interface StoredThumbnail {
  readonly extension: string;
  readonly max_width: number;
  readonly max_height: number;
  readonly animated: boolean;
  readonly content_type: string;
  readonly width: number;
  /** Of one frame. */
  readonly height: number;
  readonly byte_size: number;
}

/** An uploaded picture. */
export interface Picture extends PictureSize {
  /** Its id in `zerver_imageattachment`. */
  readonly id: number;
  /** Its place below the folder of uploaded files. */
  readonly path: string;
  readonly contentType: string | null;
  /** The thumbnails that it has. */
  readonly thumbnails: readonly StoredThumbnail[];
}

const BOX = { extension: "webp", max_width: 840, max_height: 560 } as const;
const ANIMATED: ThumbnailForm = { ...BOX, animated: true };
const STILL: ThumbnailForm = { ...BOX, animated: false };
/** The longer and the shorter side of what is shown in place of a picture that no browser shows. */
const TRANSCODED = { long: 4032, short: 3024 } as const;

/** The content type of all thumbnails. */
export const CONTENT_TYPE = "image/webp";

type Measured = Pick<Picture, "contentType" | "width" | "height" | "frames">;

/** The forms of all thumbnails that a picture should have. */
export function formsOf(picture: Measured): ThumbnailForm[] {
  return [...previewForms(picture), ...transcodedForms(picture)];
}

/** What messages show, the best first. */
function previewForms({ frames }: Measured): ThumbnailForm[] {
  return frames > 1 ? [ANIMATED, STILL] : [STILL];
}

/** What browsers show in place of the picture itself: one form, or none. */
function transcodedForms({ contentType, width, height }: Measured): ThumbnailForm[] {
  if (isShownByBrowsers(contentType)) return [];
  const { long, short } = TRANSCODED;
  const [max_width, max_height] = height > width ? [short, long] : [long, short];
  return [{ extension: "webp", max_width, max_height, animated: false }];
}

/** The forms of the thumbnails that a picture lacks. */
export function missingForms(picture: Picture): ThumbnailForm[] {
  const has = new Set(picture.thumbnails.map(nameOf));
  return formsOf(picture).filter((form) => !has.has(nameOf(form)));
}

/** The name of a thumbnail's file, such as `840x560-anim.webp`. */
export function nameOf(
  { extension, max_width, max_height, animated }: Pick<
    StoredThumbnail,
    "extension" | "max_width" | "max_height" | "animated"
  >,
): string {
  return `${max_width}x${max_height}${animated ? "-anim" : ""}.${extension}`;
}

/** The thumbnails of a picture with others, of which it may have some. */
export function withThumbnails(
  has: readonly StoredThumbnail[],
  others: readonly StoredThumbnail[],
): StoredThumbnail[] {
  const names = new Set(has.map(nameOf));
  return [...has, ...others.filter((other) => !names.has(nameOf(other)))];
}

/** How messages show a picture. */
export interface ShownPicture {
  /** The file name of the thumbnail. */
  readonly thumbnail: string;
  readonly width: number;
  readonly height: number;
  readonly contentType: string | null;
  readonly isAnimated: boolean;
  /** The file name of the large thumbnail that browsers show in place of the picture. */
  readonly transcoded: string | undefined;
}

/** How messages show a picture; `undefined` where it has no thumbnail for them. */
export function shownAs(picture: Picture): ShownPicture | undefined {
  const { width, height, frames, contentType } = picture;
  const stored = new Set(picture.thumbnails.map(nameOf));
  const first = (forms: readonly ThumbnailForm[]) =>
    forms.map(nameOf).find((name) => stored.has(name));
  const thumbnail = first(previewForms(picture));
  if (thumbnail === undefined) return undefined;
  const transcoded = first(transcodedForms(picture));
  return { thumbnail, width, height, contentType, isAnimated: frames > 1, transcoded };
}
