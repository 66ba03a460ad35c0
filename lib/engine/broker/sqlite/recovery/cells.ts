/**
 * The cells of a page of a b-tree, and the records in them.
 *
 * @module
 */

import { type Pages, viewOf } from "./pages.ts";

/** A value of a column. */
export type Value = null | number | string | Uint8Array;

/** A record of a table or of an index. */
export interface Row {
  /** The row's id; 0 in a table without. */
  readonly id: number;
  readonly values: readonly Value[];
}

/** What is in a page of a b-tree. */
export interface TreePage {
  readonly kind: "table" | "index";
  /** The pages below it, in order; none in a leaf. */
  readonly children: readonly number[];
  readonly rows: readonly Row[];
  /** Whether some of it cannot be read. */
  readonly isDamaged: boolean;
}

const KINDS: ReadonlyMap<number, Pick<TreePage, "kind"> & { readonly isLeaf: boolean }> = new Map([
  [0x02, { kind: "index", isLeaf: false }],
  [0x05, { kind: "table", isLeaf: false }],
  [0x0a, { kind: "index", isLeaf: true }],
  [0x0d, { kind: "table", isLeaf: true }],
]);

/** The header of the file, before the tree in its first page. */
const FILE_HEADER = 100;

/** Reads a page of a tree; `undefined` when it is none, or cannot be read. */
export function readTreePage(pages: Pages, number: number): TreePage | undefined {
  const bytes = pages.read(number);
  const start = number === 1 ? FILE_HEADER : 0;
  const type = bytes && KINDS.get(bytes[start] ?? 0);
  if (!type) return undefined;
  const { kind, isLeaf } = type;
  const view = viewOf(bytes);
  const headerSize = isLeaf ? 8 : 12;
  const cells = view.getUint16(start + 3);
  const children: number[] = [];
  const rows: Row[] = [];
  let isDamaged = false;
  for (let n = 0; n < cells; n++) {
    const pointer = start + headerSize + 2 * n;
    if (pointer + 2 > bytes.length) return { kind, children, rows, isDamaged: true };
    try {
      const cell = new Cell(pages, bytes, view.getUint16(pointer));
      if (!isLeaf) children.push(cell.child());
      if (kind === "index") rows.push({ id: 0, values: cell.record() });
      else if (isLeaf) rows.push(cell.row());
    } catch {
      isDamaged = true;
    }
  }
  if (!isLeaf) children.push(view.getUint32(start + 8));
  return { kind, children, rows, isDamaged };
}

/** Reads one cell from its beginning. Any method throws where it does not make sense. */
class Cell {
  readonly #pages: Pages;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(pages: Pages, bytes: Uint8Array, at: number) {
    this.#pages = pages;
    this.#bytes = bytes;
    this.#at = at;
  }

  child(): number {
    const page = viewOf(this.#bytes).getUint32(this.#at);
    this.#at += 4;
    return page;
  }

  row(): Row {
    const length = this.#varint();
    const id = this.#varint();
    return { id, values: recordOf(this.#payload(length, this.#pages.size - 35)) };
  }

  record(): readonly Value[] {
    const length = this.#varint();
    const most = Math.floor((this.#pages.size - 12) * 64 / 255) - 23;
    return recordOf(this.#payload(length, most));
  }

  #varint(): number {
    const [value, next] = varintAt(this.#bytes, this.#at);
    this.#at = next;
    return value;
  }

  /** The payload, which goes on in other pages where it is too long for this one. */
  #payload(length: number, mostHere: number): Uint8Array {
    const { size, count } = this.#pages;
    if (length > size * count) throw new RangeError("the payload is longer than the file");
    if (length <= mostHere) return this.#take(length);
    const least = Math.floor((size - 12) * 32 / 255) - 23;
    const some = least + (length - least) % (size - 4);
    const payload = new Uint8Array(length);
    const here = this.#take(some <= mostHere ? some : least);
    payload.set(here);
    this.#readOverflow(this.child(), payload.subarray(here.length));
    return payload;
  }

  #readOverflow(first: number, rest: Uint8Array): void {
    for (let page = first, done = 0; done < rest.length;) {
      const bytes = this.#pages.read(page);
      if (!bytes) throw new RangeError("a page is missing");
      const part = bytes.subarray(4, 4 + rest.length - done);
      rest.set(part, done);
      done += part.length;
      page = viewOf(bytes).getUint32(0);
    }
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("the cell is longer than its page");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** The values of a record: a header with their types, then the values. */
function recordOf(bytes: Uint8Array): Value[] {
  const [headerSize, first] = varintAt(bytes, 0);
  const values: Value[] = [];
  for (let at = first, end = headerSize; at < headerSize;) {
    const [type, next] = varintAt(bytes, at);
    const length = lengthOf(type);
    if (end + length > bytes.length) throw new RangeError("the record is too short");
    values.push(valueOf(type, bytes.subarray(end, end + length)));
    at = next;
    end += length;
    if (at >= headerSize && end !== bytes.length) throw new RangeError("the record is too long");
  }
  return values;
}

/** The lengths of the types 0 to 9 in bytes. */
const LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number {
  const length = LENGTHS[type] ?? Math.floor((type - 12) / 2);
  if (length < 0) throw new RangeError("there is no such type");
  return length;
}

const TEXT = new TextDecoder("utf-8", { fatal: true });

function valueOf(type: number, bytes: Uint8Array): Value {
  switch (type) {
    case 0:
      return null;
    case 7:
      return viewOf(bytes).getFloat64(0);
    case 8:
      return 0;
    case 9:
      return 1;
  }
  if (type < 7) return integerOf(bytes);
  return type % 2 === 0 ? bytes : TEXT.decode(bytes);
}

/** A signed integer, the highest byte first. */
function integerOf(bytes: Uint8Array): number {
  const unsigned = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return (bytes[0] ?? 0) < 128 ? unsigned : unsigned - 256 ** bytes.length;
}

/** A number of 1 to 9 bytes, and where it ends. Precise up to 2^53. */
function varintAt(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let n = 0; n < 9; n++) {
    const byte = bytes[at + n];
    if (byte === undefined) throw new RangeError("a number has no end");
    if (n === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 128) return [value, at + n + 1];
  }
  throw new RangeError("a number has no end");
}
