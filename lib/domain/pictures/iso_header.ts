/**
 * The size of an AVIF or a HEIC, which are ISO base media files: boxes of a size, a type and contents
 * that may be boxes (ISO 14496-12, ISO 23008-12). Pure.
 *
 * @module
 */

import type { PictureSize } from "./limits.ts";

/** A box; `start` is where its contents begin. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The most boxes that are looked at beside each other; a picture of a phone has about 60. */
const MOST_BOXES = 10_000;
/** The most properties of a picture; one of a phone has 5. */
const MOST_PROPERTIES = 255;

/**
 * The size in which the primary picture is shown, which may be put together from tiles. Sequences are
 * one frame: their primary picture.
 *
 * @returns `undefined` where the file does not say which picture that is, or its size.
 * @throws {RangeError} When the file leads beyond its end.
 */
export function isoSize(view: DataView): PictureSize | undefined {
  const meta = find(boxes(view, 0, view.byteLength), "meta");
  const parts = meta ? boxes(view, meta.start + 4, meta.end) : [];
  const properties = find(parts, "iprp");
  const primary = find(parts, "pitm");
  if (!properties || !primary) return undefined;
  const lists = boxes(view, properties.start, properties.end);
  const all = find(lists, "ipco");
  const uses = find(lists, "ipma");
  if (!all || !uses) return undefined;
  const shared = boxes(view, all.start, all.end);
  const own = indexesOf(view, uses, primaryOf(view, primary)).flatMap((index) =>
    shared[index - 1] ?? []
  );
  return sizeFrom(view, own);
}

function sizeFrom(view: DataView, properties: readonly Box[]): PictureSize | undefined {
  const size = find(properties, "ispe");
  if (!size) return undefined;
  const [width, height] = [view.getUint32(size.start + 4), view.getUint32(size.start + 8)];
  const rotation = find(properties, "irot");
  // Quarter turns.
  const isTurned = rotation !== undefined && view.getUint8(rotation.start) % 2 === 1;
  return isTurned ? { width: height, height: width, frames: 1 } : { width, height, frames: 1 };
}

/** The id of the primary picture. */
function primaryOf(view: DataView, { start }: Box): number {
  return view.getUint8(start) === 0 ? view.getUint16(start + 4) : view.getUint32(start + 4);
}

/** Which of the properties, counted from 1, a picture has. */
function indexesOf(view: DataView, { start, end }: Box, picture: number): number[] {
  const [hasLongIds, hasLongIndexes] = [
    view.getUint8(start) > 0,
    (view.getUint8(start + 3) & 1) === 1,
  ];
  let at = start + 8;
  while (at < end) {
    const id = hasLongIds ? view.getUint32(at) : view.getUint16(at);
    at += hasLongIds ? 4 : 2;
    const count = view.getUint8(at++);
    const width = hasLongIndexes ? 2 : 1;
    if (id === picture) {
      // The highest bit says that the property is essential.
      return Array.from(
        { length: Math.min(count, MOST_PROPERTIES) },
        (_, index) =>
          hasLongIndexes
            ? view.getUint16(at + 2 * index) & 0x7fff
            : view.getUint8(at + index) & 0x7f,
      );
    }
    at += width * count;
  }
  return [];
}

/** The boxes between two places; what follows a damaged one is left out. */
function boxes(view: DataView, start: number, end: number): Box[] {
  const found: Box[] = [];
  for (let at = start; at + 8 <= end && found.length < MOST_BOXES;) {
    const short = view.getUint32(at);
    // 1: the size follows as 64 bits; 0: the box reaches to the end.
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? end - at : short;
    const head = short === 1 ? 16 : 8;
    if (size < head) break;
    found.push({ type: typeAt(view, at + 4), start: at + head, end: Math.min(at + size, end) });
    at += size;
  }
  return found;
}

function typeAt(view: DataView, at: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));
}

function find(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((box) => box.type === type);
}
