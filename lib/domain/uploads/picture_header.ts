/**
 * What the first bytes of a picture say of it. Nothing is decoded, so that no picture can fill the
 * memory. Pure.
 *
 * @module
 */

/** A picture, as its header has it. */
export interface PictureHeader {
  /** Such as `image/png`. */
  readonly contentType: string;
  /** In pixels, as it is shown. */
  readonly width: number;
  readonly height: number;
  /** Over 1 where it is animated. */
  readonly frames: number;
}

/** Zulip's limits, beyond which a picture is a file like any other. */
const MOST_STILL_PIXELS = 90_000_000;
const MOST_ANIMATED_PIXELS = 30_000_000;
const COUNTED_FRAMES = 3;
/** Frames are counted up to here: from there on nothing depends on their number. */
const MOST_FRAMES = 1000;

type Reader = (bytes: DataView<ArrayBufferLike>) => Omit<PictureHeader, "contentType"> | undefined;

/**
 * The header of a picture.
 *
 * @returns `undefined` where it is no PNG, GIF, JPEG or WebP, or too large for a thumbnail.
 */
export function pictureHeader(bytes: Uint8Array): PictureHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [start, contentType, read] of FORMATS) {
    if (!textAt(view, 0, start.length).startsWith(start)) continue;
    try {
      const found = read(view);
      return found && isWithinLimits(found) ? { contentType, ...found } : undefined;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
  return undefined;
}

function isWithinLimits({ width, height, frames }: Omit<PictureHeader, "contentType">): boolean {
  const pixels = width * height;
  if (pixels === 0) return false;
  return frames > 1
    ? pixels * Math.min(frames, COUNTED_FRAMES) <= MOST_ANIMATED_PIXELS
    : pixels <= MOST_STILL_PIXELS;
}

const FORMATS: readonly (readonly [start: string, contentType: string, Reader])[] = [
  ["\x89PNG\r\n\x1a\n", "image/png", png],
  ["GIF8", "image/gif", gif],
  ["\xff\xd8\xff", "image/jpeg", jpeg],
  ["RIFF", "image/webp", webp],
];

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
  if (textAt(view, start, 6) !== "Exif\0\0") return 1;
  const tiff = start + 6;
  const isLittle = textAt(view, tiff, 2) === "II";
  const list = tiff + view.getUint32(tiff + 4, isLittle);
  const count = view.getUint16(list, isLittle);
  for (let index = 0; index < count; index++) {
    const entry = list + 2 + 12 * index;
    if (view.getUint16(entry, isLittle) === 0x0112) return view.getUint16(entry + 8, isLittle);
  }
  return 1;
}

function webp(view: DataView): ReturnType<Reader> {
  if (textAt(view, 8, 4) !== "WEBP") return undefined;
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
