/**
 * How large a picture may be: small files can hold pictures that fill the memory when they are
 * decoded. The limits of pixels are Zulip's.
 *
 * @module
 */

/** The largest original, in bytes. */
export const MOST_FILE_BYTES = 100 * 1024 * 1024;
/** The most frames of an animation that its thumbnail has. */
export const MOST_FRAMES = 1000;
const MOST_STILL_PIXELS = 90_000_000;
const MOST_ANIMATED_PIXELS = 30_000_000;
/** Of so many frames an animation must be within the limit. */
const FRAMES_AT_LEAST = 3;

/** The size of a picture. */
export interface PictureSize {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** Over 1 where it is animated. */
  readonly frames: number;
}

/** Why a picture is too large to be decoded; `undefined` where it is not. */
export function tooLarge({ width, height, frames }: PictureSize): string | undefined {
  const pixels = width * height;
  const counted = Math.min(frames, FRAMES_AT_LEAST);
  const most = frames > 1 ? MOST_ANIMATED_PIXELS : MOST_STILL_PIXELS;
  if (pixels * counted <= most) return undefined;
  const size = `${width}x${height}` + (frames > 1 ? ` and ${frames} frames` : "");
  return `it has ${size}; the limit is ${most / 1_000_000} million pixels` +
    (frames > 1 ? ` in ${counted} frames` : "");
}

/** The first so many frames of an animation go into its thumbnail. */
export function framesWithin({ width, height, frames }: PictureSize): number {
  const pixels = width * height;
  const within = pixels * frames < MOST_ANIMATED_PIXELS
    ? frames
    : Math.floor(MOST_ANIMATED_PIXELS / pixels);
  return Math.max(1, Math.min(within, MOST_FRAMES));
}
