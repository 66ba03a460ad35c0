/**
 * Makes the thumbnails of a picture by ImageMagick, which must be loaded.
 *
 * @module
 */

import {
  ColorSpace,
  ImageMagick,
  type IMagickImage,
  type IMagickImageCollection,
  MagickError,
  MagickFormat,
  MagickGeometry,
  MagickImageInfo,
  MagickReadSettings,
} from "@imagemagick/magick-wasm";
import { type PictureFormat, pictureFormat } from "./formats.ts";
import { framesWithin, type PictureSize, tooLarge } from "./limits.ts";
import { magickMemory } from "./magick.ts";
import type { MadeThumbnail, PictureOrder, PictureResult } from "./order.ts";
import type { ThumbnailForm } from "./thumbnails.ts";

const DECODERS: Readonly<Record<PictureFormat, MagickFormat>> = {
  avif: MagickFormat.Avif,
  gif: MagickFormat.Gif,
  heic: MagickFormat.Heic,
  jpeg: MagickFormat.Jpeg,
  png: MagickFormat.Png,
  tiff: MagickFormat.Tiff,
  webp: MagickFormat.WebP,
};
const HINT = { width: 1680, height: 1120 } as const;
const QUALITY = 75;
const MOST_PROFILE_BYTES = 16_384;

/** The picture cannot be decoded, or not within the limits. */
class PictureProblem extends Error {}

/**
 * Makes thumbnails, as many as can be made. The size of the picture is read, and compared with the
 * limits, before anything is decoded.
 *
 * @throws {Error} When ImageMagick itself fails. What it holds is not known then.
 */
export function makeThumbnails({ bytes, frames, forms }: PictureOrder): PictureResult {
  const made: MadeThumbnail[] = [];
  let problem: string | undefined;
  try {
    const settings = new MagickReadSettings({ format: decoderOf(bytes) });
    const { width, height } = MagickImageInfo.create(bytes, settings);
    refuseTooLarge({ width, height, frames });
    hintSize(settings, { width, height });
    settings.frameIndex = 0;
    const isAnimated = forms.some(({ animated }) => animated);
    settings.frameCount = isAnimated ? framesWithin({ width, height, frames }) : 1;
    ImageMagick.readCollection(bytes, settings, (images) => makeAll(images, settings, forms, made));
  } catch (error) {
    if (!(error instanceof PictureProblem || error instanceof MagickError)) throw error;
    problem = wordsOf(error);
  }
  return { made, problem, memoryBytes: magickMemory() };
}

function decoderOf(bytes: Uint8Array): MagickFormat {
  const format = pictureFormat(bytes);
  if (!format) throw new PictureProblem("its file has none of the formats of pictures");
  return DECODERS[format];
}

/** Has a large JPEG decoded at about twice the size of its thumbnail. A smaller one would grow. */
function hintSize(
  settings: MagickReadSettings,
  { width, height }: Pick<PictureSize, "width" | "height">,
): void {
  if (settings.format !== MagickFormat.Jpeg) return;
  if (width < HINT.width || height < HINT.height) return;
  settings.setDefine(MagickFormat.Jpeg, "size", `${HINT.width}x${HINT.height}`);
}

function refuseTooLarge(size: PictureSize): void {
  const reason = tooLarge(size);
  if (reason !== undefined) throw new PictureProblem(reason);
}

/**
 * Makes one thumbnail after another of the same pixels, the largest first. Those that are not
 * animated show the first frame.
 */
function makeAll(
  images: IMagickImageCollection,
  { frameCount = 1, format }: MagickReadSettings,
  forms: readonly ThumbnailForm[],
  made: MadeThumbnail[],
): void {
  keepFirst(images, frameCount);
  if (images.length > 1 || format === MagickFormat.Gif) fillFrames(images);
  for (const form of forms.toSorted(largestFirst)) {
    made.push(form.animated ? makeAnimated(images, form) : makeStill(images, form));
  }
}

function keepFirst(images: IMagickImageCollection, count: number): void {
  while (images.length > count) images.pop()?.dispose();
}

/** Gives all frames the size of the canvas, which may be larger than each of them. */
function fillFrames(images: IMagickImageCollection): void {
  const { width, height } = firstOf(images).page;
  const size = { width, height, frames: images.length };
  refuseTooLarge(size);
  if (images.length > 1) keepFirst(images, framesWithin(size));
  images.coalesce();
}

/** Of equal size, the animated one first, as a still one shrinks only the first frame. */
function largestFirst(one: ThumbnailForm, other: ThumbnailForm): number {
  return other.max_width - one.max_width || Number(other.animated) - Number(one.animated);
}

function makeAnimated(images: IMagickImageCollection, form: ThumbnailForm): MadeThumbnail {
  const first = firstOf(images);
  shrink(first, boxOf(form));
  const exactly = new MagickGeometry(first.width, first.height);
  exactly.ignoreAspectRatio = true;
  for (const image of images) {
    if (image !== first) shrink(image, exactly);
  }
  return images.write(MagickFormat.WebP, (bytes) => result(images, form, bytes));
}

function makeStill(images: IMagickImageCollection, form: ThumbnailForm): MadeThumbnail {
  const image = firstOf(images);
  shrink(image, boxOf(form));
  return image.write(MagickFormat.WebP, (bytes) => result(images, form, bytes));
}

/** @param bytes A view of ImageMagick's memory. */
function result(images: IMagickImageCollection, form: ThumbnailForm, bytes: Uint8Array) {
  const { width, height } = firstOf(images);
  return { form, width, height, bytes: bytes.slice() };
}

function firstOf([first]: IMagickImageCollection): IMagickImage {
  if (!first) throw new PictureProblem("its file has no picture");
  return first;
}

/** The box of a form, in which no picture grows. */
function boxOf({ max_width, max_height }: ThumbnailForm): MagickGeometry {
  const box = new MagickGeometry(max_width, max_height);
  box.greater = true;
  return box;
}

/** Turns a picture upright and gives it a size. */
function shrink(image: IMagickImage, size: MagickGeometry): void {
  image.autoOrient();
  image.resize(size);
  stripAllButColors(image);
  image.quality = QUALITY;
}

/** A profile says what the colors of a telephone's pictures mean. What else is there may be private. */
function stripAllButColors(image: IMagickImage): void {
  // A copy: it is a view of what `strip` releases.
  const profile = image.getColorProfile()?.data.slice();
  image.strip();
  if (image.colorSpace === ColorSpace.CMYK) image.colorSpace = ColorSpace.sRGB;
  else if (profile && isForRgb(profile)) keepProfile(image, profile);
}

function keepProfile(image: IMagickImage, profile: Uint8Array): void {
  try {
    image.setProfile("icc", profile);
  } catch (error) {
    // The profile is damaged; the pixels are not.
    if (!(error instanceof MagickError)) throw error;
  }
}

/** Whether a profile is one that WebP may have, and not too large for a thumbnail. */
function isForRgb(profile: Uint8Array): boolean {
  const space = String.fromCharCode(...profile.subarray(16, 20));
  return space === "RGB " && profile.length <= MOST_PROFILE_BYTES;
}

/** ImageMagick adds places in its source, and names of its own temporary files. */
function wordsOf({ message }: Error): string {
  return message.replace(/\s*[`'](?:[^`']*)'?\s*@.*$/s, "").slice(0, 200);
}
