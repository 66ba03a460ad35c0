/**
 * The size of a TIFF, whose tags EXIF data have too. Pure.
 *
 * @module
 */

import { MOST_FRAMES, type PictureSize } from "./limits.ts";

const [WIDTH, HEIGHT, ORIENTATION] = [256, 257, 274];
/** The type of a value of 32 bits; other sizes and orientations have 16. */
const LONG = 4;

/** A TIFF, and how its numbers are read. */
interface Tiff {
  readonly view: DataView;
  /** Where it begins. */
  readonly start: number;
  readonly isLittle: boolean;
}

/**
 * The size of the first page, as it is shown; each page is a frame.
 *
 * @returns `undefined` where the page has no size.
 * @throws {RangeError} When the file leads beyond its end.
 */
export function tiffSize(view: DataView): PictureSize | undefined {
  const tiff = tiffAt(view, 0);
  const first = firstPage(tiff);
  const [width, height] = [tagOf(tiff, first, WIDTH), tagOf(tiff, first, HEIGHT)];
  if (width === undefined || height === undefined) return undefined;
  const isTurned = (tagOf(tiff, first, ORIENTATION) ?? 1) >= 5;
  const frames = pagesFrom(tiff, first);
  return isTurned ? { width: height, height: width, frames } : { width, height, frames };
}

/**
 * The orientation of EXIF data, which are a TIFF: 1 to 8; from 5 on, sides are swapped.
 *
 * @param start Where the TIFF begins.
 * @returns 1 where the data say none.
 * @throws {RangeError} When the data lead beyond the end.
 */
export function orientationOf(view: DataView, start: number): number {
  const tiff = tiffAt(view, start);
  return tagOf(tiff, firstPage(tiff), ORIENTATION) ?? 1;
}

function tiffAt(view: DataView, start: number): Tiff {
  return { view, start, isLittle: view.getUint8(start) === "I".charCodeAt(0) };
}

function firstPage({ view, start, isLittle }: Tiff): number {
  return start + view.getUint32(start + 4, isLittle);
}

/** The value of a page's tag. */
function tagOf({ view, isLittle }: Tiff, page: number, tag: number): number | undefined {
  const count = view.getUint16(page, isLittle);
  for (let entry = page + 2; entry < page + 2 + 12 * count; entry += 12) {
    if (view.getUint16(entry, isLittle) !== tag) continue;
    const isLong = view.getUint16(entry + 2, isLittle) === LONG;
    return isLong ? view.getUint32(entry + 8, isLittle) : view.getUint16(entry + 8, isLittle);
  }
  return undefined;
}

/** How many pages there are; pages that lead in a circle are counted to the most. */
function pagesFrom({ view, start, isLittle }: Tiff, first: number): number {
  let [page, pages] = [first, 0];
  while (page !== start && pages < MOST_FRAMES) {
    pages++;
    page = start + view.getUint32(page + 2 + 12 * view.getUint16(page, isLittle), isLittle);
  }
  return pages;
}
