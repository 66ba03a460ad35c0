/**
 * What the first bytes of a picture say of it. Nothing is decoded, so that no picture can fill the
 * memory. Pure.
 *
 * @module
 */

import { type PictureFormat, pictureFormat } from "./formats.ts";
import { isoSize } from "./iso_header.ts";
import { MOST_FRAMES, type PictureSize, tooLarge } from "./limits.ts";
import { orientationOf, tiffSize } from "./tiff_header.ts";

/** A picture, as its header has it; its size is that in which it is shown. */
export interface PictureHeader extends PictureSize {
  /** Such as `image/png`. */
  readonly contentType: string;
}

/** Frames are counted up to `MOST_FRAMES`: from there on nothing depends on their number. */
type Reader = (bytes: DataView<ArrayBufferLike>) => PictureSize | undefined;

const READERS: Readonly<Record<PictureFormat, Reader>> = {
  ...{ png, gif, jpeg, webp },
  ...{ avif: isoSize, heic: isoSize, tiff: tiffSize },
};

/**
 * The header of a picture.
 *
 * @returns `undefined` where it is none of the formats that are decoded, or too large for a thumbnail.
 */
export function pictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const format = pictureFormat(bytes);
  if (!format) return undefined;
  try {
    const size = READERS[format](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return size && isWithinLimits(size) ? { contentType: `image/${format}`, ...size } : undefined;
  } catch (error) {
    // The header leads beyond the end of the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isWithinLimits(size: PictureSize): boolean {
  return size.width * size.height > 0 && tooLarge(size) === undefined;
}

function png(view: DataView): ReturnType<Reader> {
  return { width: view.getUint32(16), height: view.getUint32(20), frames: 1 };
}

function gif(view: DataView): ReturnType<Reader> {
  const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  let [at, frames] = [13 + colorTable(view.getUint8(10)), 0];
  while (at < view.byteLength && frames < MOST_FRAMES) {
    const block = view.getUint8(at);
    if (block === 0x3b) break;
    if (block === 0x2c) {
      frames++;
      at = afterBlocks(view, at + 11 + colorTable(view.getUint8(at + 9)));
    } else if (block === 0x21) at = afterBlocks(view, at + 2);
    else break;
  }
  return { ...size, frames: Math.max(1, frames) };
}

function colorTable(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

/** A file that was cut ends where its bytes end. */
function afterBlocks(view: DataView, start: number): number {
  let at = start;
  while (at < view.byteLength) {
    const size = view.getUint8(at);
    at += size + 1;
    if (size === 0) break;
  }
  return at;
}

function jpeg(view: DataView): ReturnType<Reader> {
  let [at, isTurned] = [2, false];
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isSize = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isSize) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { ...(isTurned ? { width: height, height: width } : { width, height }), frames: 1 };
    }
    if (marker === 0xe1) isTurned ||= orientation(view, at + 4) >= 5;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** The orientation in EXIF data; 1 where there is none. From 5 on, sides are swapped. */
function orientation(view: DataView, start: number): number {
  return textAt(view, start, 6) === "Exif\0\0" ? orientationOf(view, start + 6) : 1;
}

function webp(view: DataView): ReturnType<Reader> {
  const kind = textAt(view, 12, 4);
  if (kind === "VP8 ") {
    const [width, height] = [view.getUint16(26, true), view.getUint16(28, true)];
    return { width: width & 0x3fff, height: height & 0x3fff, frames: 1 };
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: (bits >> 14 & 0x3fff) + 1, frames: 1 };
  }
  if (kind !== "VP8X") return undefined;
  const side = (at: number) => 1 + view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
  return { width: side(24), height: side(27), frames: webpFrames(view) };
}

function webpFrames(view: DataView): number {
  let frames = 0;
  for (let at = 12; at + 8 <= view.byteLength && frames < MOST_FRAMES;) {
    if (textAt(view, at, 4) === "ANMF") frames++;
    const size = view.getUint32(at + 4, true);
    at += 8 + size + size % 2;
  }
  return Math.max(1, frames);
}

/** Bytes as characters of Latin-1. */
function textAt(view: DataView, start: number, length: number): string {
  const within = Math.max(0, Math.min(length, view.byteLength - start));
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + start, within));
}
