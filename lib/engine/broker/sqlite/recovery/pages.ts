/**
 * The pages of a SQLite file, read without SQLite, which gives up a file whose first pages are
 * damaged. The formats are those of https://www.sqlite.org/fileformat2.html.
 *
 * @module
 */

/** Pages by their number, from 1. */
export interface Pages {
  /** The size of a page in bytes. */
  readonly size: number;
  /** How many there are. */
  readonly count: number;
  /** The bytes of a page; `undefined` when the file ends before it or it cannot be read. */
  read(page: number): Uint8Array | undefined;
}

const MAGIC = "SQLite format 3\0";
const USUAL_SIZE = 4096;

/**
 * The pages of an open file, as the commits in its log have left them. Writes nothing.
 *
 * @param log The open log (`-wal`), if there is one.
 */
export function pagesOf(file: Deno.FsFile, log: Deno.FsFile | undefined): Pages {
  const header = readAt(file, 0, 100);
  const frames = log ? readLog(log) : undefined;
  const size = sizeIn(header) ?? frames?.size ?? USUAL_SIZE;
  const newer = frames?.size === size ? frames.pages : new Map<number, Uint8Array>();
  const inFile = Math.ceil(file.statSync().size / size);
  return {
    size,
    count: [...newer.keys()].reduce((most, page) => Math.max(most, page), inFile),
    read: (page) => newer.get(page) ?? readPage(file, page, size),
  };
}

function readPage(file: Deno.FsFile, page: number, size: number): Uint8Array | undefined {
  try {
    const bytes = readAt(file, (page - 1) * size, size);
    return bytes.length === size ? bytes : undefined;
  } catch {
    return undefined; // The disk cannot read it.
  }
}

/** The bytes at a place; fewer where the file ends. */
function readAt(file: Deno.FsFile, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(at, Deno.SeekMode.Start);
  for (let done = 0; done < length;) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) return bytes.subarray(0, done);
    done += count;
  }
  return bytes;
}

/** The size of a page, from the header of the file. */
function sizeIn(header: Uint8Array): number | undefined {
  if (header.length < 100 || new TextDecoder("latin1").decode(header.subarray(0, 16)) !== MAGIC) {
    return undefined;
  }
  const size = viewOf(header).getUint16(16);
  return asSize(size === 1 ? 65_536 : size);
}

function asSize(size: number): number | undefined {
  const isPowerOfTwo = (size & (size - 1)) === 0;
  return isPowerOfTwo && size >= 512 && size <= 65_536 ? size : undefined;
}

const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const BIG_ENDIAN_SUMS = 0x377f0683;

interface Log {
  readonly size: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/**
 * The pages in a log, up to its last commit. Only a frame whose checksum is wrong is left out, and
 * the next if that one's sums are damaged: each continues the sums that are written in the frame
 * before it. SQLite ignores all frames after the first wrong one.
 */
function readLog(log: Deno.FsFile): Log | undefined {
  const header = readAt(log, 0, LOG_HEADER);
  if (header.length < LOG_HEADER) return undefined;
  const view = viewOf(header);
  const size = asSize(view.getUint32(8));
  if (size === undefined) return undefined;
  const isLittle = view.getUint32(0) !== BIG_ENDIAN_SUMS;
  const salts = [view.getUint32(16), view.getUint32(20)] as const;
  let sums: Sums = [view.getUint32(24), view.getUint32(28)];
  const pages = new Map<number, Uint8Array>();
  let uncommitted: [page: number, bytes: Uint8Array][] = [];
  for (let at = LOG_HEADER;; at += FRAME_HEADER + size) {
    const frame = readAt(log, at, FRAME_HEADER + size);
    if (frame.length < FRAME_HEADER + size) break;
    const head = viewOf(frame);
    if (head.getUint32(8) !== salts[0] || head.getUint32(12) !== salts[1]) continue;
    const body = frame.subarray(FRAME_HEADER);
    const expected = sumOf(body, sumOf(frame.subarray(0, 8), sums, isLittle), isLittle);
    sums = [head.getUint32(16), head.getUint32(20)];
    if (expected[0] !== sums[0] || expected[1] !== sums[1]) continue;
    uncommitted.push([head.getUint32(0), body]);
    if (head.getUint32(4) === 0) continue;
    for (const [page, bytes] of uncommitted) pages.set(page, bytes);
    uncommitted = [];
  }
  return { size, pages };
}

type Sums = readonly [number, number];

/** The checksum of the log's format. */
function sumOf(bytes: Uint8Array, [first, second]: Sums, isLittle: boolean): Sums {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + view.getUint32(at, isLittle) + second) >>> 0;
    second = (second + view.getUint32(at + 4, isLittle) + first) >>> 0;
  }
  return [first, second];
}

/** A view of just these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
