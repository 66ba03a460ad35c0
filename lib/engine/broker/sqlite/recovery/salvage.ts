/**
 * What can be read from a damaged file of the broker.
 *
 * A page is read if the root of its table leads to it. Where a page in between is damaged, those
 * below it are found by going through all pages of the file. Pages that SQLite has freed still hold
 * events that are done: these are left out.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { isIntact } from "../checksum.ts";
import { ensureTables } from "../schema.ts";
import { readTreePage, type Row, type TreePage, type Value } from "./cells.ts";
import { type Pages, viewOf } from "./pages.ts";

/** An event, as it is stored. */
export interface SavedEvent {
  readonly id: number;
  readonly properties: string | null;
  readonly body: Uint8Array;
  /** The queue's id; null in an event of layout 1. */
  readonly queue: number | null;
}

/** Where an event is. */
export interface SavedPlace {
  readonly queue: number;
  /** Its place in the queue. */
  readonly position: number;
  /** How many times it was taken. */
  readonly handouts: number;
  /** Until when it waits, by the clock of the file; `undefined` when it is ready. */
  readonly due: number | undefined;
}

/** The clock of the file. */
export interface SavedClock {
  readonly latest: number;
  readonly ahead: number;
}

/** Takes what can be read of an event: `undefined` for one that is damaged. */
export type OnEvent = (id: number, event: SavedEvent | undefined) => void;

/** Reads a damaged file. */
export class Salvage {
  readonly #pages: Pages;
  readonly #roots: ReadonlyMap<string, number>;
  readonly #free: ReadonlySet<number> | undefined;
  readonly #reached = new Set<number>();
  readonly #eventPages: number[] = [];
  #isDamaged = false;
  /** The names of the queues by their ids. */
  readonly queues = new Map<number, string>();
  /** The places by the ids of their events. */
  readonly places = new Map<number, SavedPlace>();
  /** Whether the file may have places that cannot be read. */
  arePlacesDamaged = false;
  /** The clock; `undefined` where it cannot be read. */
  clock: SavedClock | undefined;

  /** Reads everything except the events. @param pages The pages of the file. */
  constructor(pages: Pages) {
    this.#pages = pages;
    this.#free = freePages(pages);
    this.#roots = rootsOf(pages);
    this.#walk("queue", ({ id, values: [, name] }) => this.#addQueue(id, name));
    this.#walk("sqlite_autoindex_queue_1", ({ values: [name, id] }) => this.#addQueue(id, name));
    this.#walk("owner", () => {});
    this.#isDamaged = false;
    for (const table of ["ready", "taken", "waiting"]) {
      this.#walk(table, ({ values }) => this.#addPlace(values));
    }
    this.arePlacesDamaged = this.#isDamaged;
    this.#walk("event", () => {}, (page) => this.#eventPages.push(page));
    if (this.#isDamaged) this.#findOthers();
    // Last: a file of layout 1 that was brought up to date has other pages where this is looked for.
    this.#walk("clock", ({ values: [latest, ahead] }) => {
      if (isNumber(latest) && isNumber(ahead)) this.clock = { latest, ahead };
    });
  }

  /** Whether there is neither a queue nor an event. */
  get isEmpty(): boolean {
    return this.queues.size === 0 && this.places.size === 0 &&
      !this.#eventPages.some((page) => this.#rowsOf(page).some(eventOf));
  }

  /**
   * Reads the events. An event is of the file if a root leads to its page, or if it has a place.
   * Where places are lost, it is if its page is not in the list of free pages, or, where that list is
   * lost too, if its page alone holds an event that has a place.
   *
   * @param found Called for each that the file has now.
   */
  events(found: OnEvent): void {
    const seen = new Set<number>();
    const copies = this.#free ? new Map<number, number>() : this.#countCopies();
    for (const page of this.#eventPages) {
      const rows = this.#rowsOf(page);
      const isUsed = this.#free !== undefined ||
        rows.some(({ id }) => this.places.has(id) && copies.get(id) === 1);
      const areAllLive = this.#reached.has(page) || (isUsed && this.arePlacesDamaged);
      for (const row of rows) {
        const isLive = areAllLive || this.places.has(row.id);
        if (!isLive || seen.has(row.id)) continue;
        const event = eventOf(row);
        if (event) seen.add(row.id);
        found(row.id, event);
      }
    }
  }

  /** How many pages have each event: a page that was freed has events that are in others now. */
  #countCopies(): Map<number, number> {
    const copies = new Map<number, number>();
    for (const page of this.#eventPages) {
      for (const { id } of this.#rowsOf(page)) copies.set(id, (copies.get(id) ?? 0) + 1);
    }
    return copies;
  }

  #rowsOf(page: number): readonly Row[] {
    return readTreePage(this.#pages, page)?.rows ?? [];
  }

  /** Goes through the tree of a table, as far as it can be read. */
  #walk(table: string, onRow: (row: Row) => void, onLeaf?: (page: number) => void): void {
    const kind = KINDS.get(table) ?? "table";
    const visit = (number: number): void => {
      if (this.#reached.has(number) || this.#free?.has(number)) return this.#noteDamage();
      const page = readTreePage(this.#pages, number);
      if (page?.kind !== kind) return this.#noteDamage();
      this.#reached.add(number);
      if (page.isDamaged) this.#noteDamage();
      if (page.children.length === 0) onLeaf?.(number);
      page.children.forEach(visit);
      page.rows.forEach(onRow);
    };
    visit(this.#roots.get(table) ?? 0);
  }

  #noteDamage(): void {
    this.#isDamaged = true;
  }

  /** Goes through the pages that no root leads to. */
  #findOthers(): void {
    for (let number = 2; number <= this.#pages.count; number++) {
      if (this.#reached.has(number) || this.#free?.has(number)) continue;
      const page = readTreePage(this.#pages, number);
      if (page) this.#addOther(number, page);
    }
  }

  #addOther(number: number, { kind, children, rows }: TreePage): void {
    if (kind === "index") {
      // With an unknown list of free pages, these may be places of events that are done.
      if (this.#free) { for (const { values } of rows) this.#addPlace(values); }
    } else if (children.length === 0 && rows.some((row) => eventOf(row) !== undefined)) {
      this.#eventPages.push(number);
    }
  }

  #addQueue(id: Value | undefined, name: Value | undefined): void {
    if (isNumber(id) && typeof name === "string" && !this.queues.has(id)) this.queues.set(id, name);
  }

  /** Adds a row of `ready`, `taken` or `waiting`, which have different numbers of columns. */
  #addPlace(values: readonly Value[]): void {
    if (!values.every(isNumber)) return;
    const found = placeOf(values as readonly number[]);
    if (found && !this.places.has(found.event)) this.places.set(found.event, found);
  }
}

const KINDS: ReadonlyMap<string, TreePage["kind"]> = new Map(
  ["sqlite_autoindex_queue_1", "ready", "taken", "waiting"].map((name) => [name, "index"]),
);

/** The least time that an event can wait until, in ms since 1970: consumers have smaller numbers. */
const LEAST_DUE = 1e11;

function placeOf(values: readonly number[]): SavedPlace & { event: number } | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = values;
  switch (values.length) {
    case 3:
      if (a < LEAST_DUE) return undefined;
      return { queue: c, event: b, position: b, handouts: 0, due: a };
    case 4:
      return { queue: a, position: b, event: c, handouts: d, due: undefined };
    case 5:
      return { event: b, queue: c, position: d, handouts: e, due: undefined };
    default:
      return undefined;
  }
}

/** The columns of an event in layout 1. */
const COLUMNS_OF_LAYOUT_1 = 3;

/**
 * The event in a row; `undefined` when it is not as it was stored. Only an event of layout 1 has no
 * checksums; when its properties have changed since, it has that of these.
 */
function eventOf({ id, values }: Row): SavedEvent | undefined {
  const [, properties, body, queue = null, propertiesCrc = null, bodyCrc = null] = values;
  const isChecked = isNumber(queue) && isNumber(propertiesCrc);
  if (!isChecked && values.length !== COLUMNS_OF_LAYOUT_1) return undefined;
  if (properties !== null && typeof properties !== "string") return undefined;
  if (!(body instanceof Uint8Array) || !isNumberOrNull(queue)) return undefined;
  if (!isNumberOrNull(propertiesCrc) || !isNumberOrNull(bodyCrc)) return undefined;
  const isRight = isIntact({ id, properties, body, propertiesCrc, bodyCrc });
  return isRight ? { id, properties, body, queue } : undefined;
}

function isNumber(value: Value | undefined): value is number {
  return typeof value === "number";
}

function isNumberOrNull(value: Value): value is number | null {
  return value === null || typeof value === "number";
}

/** The first page of each table: by the first page of the file, or as this program makes files. */
function rootsOf(pages: Pages): Map<string, number> {
  const usual = usualRoots();
  const found = new Map<string, number>();
  for (const { values: [, name, , root] } of readTreePage(pages, 1)?.rows ?? []) {
    if (typeof name === "string" && isNumber(root)) found.set(name, root);
  }
  return [...usual.keys()].every((name) => found.has(name)) ? found : usual;
}

function usualRoots(): Map<string, number> {
  const db = new DatabaseSync(":memory:");
  try {
    ensureTables(db, "in memory");
    const rows = db.prepare("select name, rootpage from sqlite_schema").all();
    return new Map(rows.map(({ name, rootpage }) => [String(name), Number(rootpage)]));
  } finally {
    db.close();
  }
}

/** The pages that SQLite has freed; `undefined` when the list of them is damaged. */
function freePages(pages: Pages): Set<number> | undefined {
  const first = pages.read(1);
  if (!first || readTreePage(pages, 1) === undefined) return undefined;
  const free = new Set<number>();
  const count = viewOf(first).getUint32(36);
  for (let trunk = viewOf(first).getUint32(32); trunk !== 0;) {
    const bytes = pages.read(trunk);
    if (!bytes || free.has(trunk)) return undefined;
    const view = viewOf(bytes);
    const leaves = view.getUint32(4);
    if (leaves > pages.size / 4 - 2) return undefined;
    free.add(trunk);
    for (let n = 0; n < leaves; n++) free.add(view.getUint32(8 + 4 * n));
    trunk = view.getUint32(0);
  }
  return free.size === count ? free : undefined;
}
