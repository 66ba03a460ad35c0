/**
 * Small writes of several events in one transaction: a commit waits for the disk, and so costs more
 * than the statements before it.
 *
 * @module
 */

import { isDatabaseLost } from "./database_error.ts";

/** The most writes of one transaction. */
const MOST = 100;
/** The default of {@linkcode GroupCommitOptions.laterMs}. */
const LATER_MS = 20;
/** How long until such a write is tried again, in ms. */
const AGAIN_MS = 1_000;

interface Waiting<Item, Result> {
  readonly item: Item;
  /** Absent where nobody waits for the write. */
  readonly committed?: PromiseWithResolvers<Result>;
}

/** How writes are collected. */
export interface GroupCommitOptions {
  /** How long a write waits for others where nobody waits for it, in ms. @default {20} */
  readonly laterMs?: number;
  /**
   * How many transactions may be open at once. With more than one, the order of writes is that of
   * their callers, who wait. @default {1}
   */
  readonly atOnce?: number;
}

/** Commits items, all or none; returns a result for each, in their order. */
export type CommitGroup<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

/**
 * Commits items. Those that come while as many transactions are open as may be share the next one:
 * one alone waits for nothing, and many at once for a few commits. Each caller goes on after the
 * commit of its item.
 */
export class GroupCommit<Item, Result> {
  readonly #together: CommitGroup<Item, Result>;
  readonly #report: (error: unknown) => void;
  readonly #laterMs: number;
  readonly #waiting: Waiting<Item, Result>[] = [];
  readonly #later: Waiting<Item, Result>[] = [];
  readonly #writing = new Set<Promise<void>>();
  readonly #atOnce: number;
  /** Transactions that are open. */
  #open = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param together Called again for each item alone where it fails for several, unless the database
   * is lost or locked.
   * @param report Gets why a write that nobody waits for is given up.
   */
  constructor(
    together: CommitGroup<Item, Result>,
    report: (error: unknown) => void = () => {},
    { laterMs = LATER_MS, atOnce = 1 }: GroupCommitOptions = {},
  ) {
    this.#laterMs = laterMs;
    this.#atOnce = atOnce;
    this.#together = together;
    this.#report = report;
  }

  /**
   * Commits an item, and those that wait.
   *
   * @throws {DatabaseError} When the database is lost or locked.
   * @throws What writing it throws; the others are committed.
   */
  run(item: Item): Promise<Result> {
    const committed = Promise.withResolvers<Result>();
    this.#waiting.push({ item, committed });
    this.#write();
    return committed.promise;
  }

  /** Commits an item with the next one, or after `laterMs`; again and again while the database is lost. Any other failure is reported. */
  later(item: Item): void {
    this.#later.push({ item });
    this.#startIn(this.#laterMs);
  }

  /**
   * Commits what waits.
   *
   * @throws {DatabaseError} When the database is lost or locked; what was for later is not written.
   */
  async close(): Promise<void> {
    while (this.#open > 0) await Promise.all(this.#writing);
    clearTimeout(this.#timer);
    const last = this.#later.splice(0);
    if (last.length > 0) await this.#together(itemsOf(last));
  }

  #startIn(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, ms);
  }

  /** Goes on in a further transaction, if one may be open. */
  #write(): void {
    if (this.#open >= this.#atOnce) return;
    this.#open++;
    const writing = this.#writeAll();
    this.#writing.add(writing);
    void writing.then(() => this.#writing.delete(writing));
  }

  async #writeAll(): Promise<void> {
    let isWritten: boolean;
    do {
      isWritten = await this.#commit([...this.#later.splice(0), ...this.#waiting.splice(0, MOST)]);
    } while (this.#waiting.length > 0);
    // At once: whoever comes next begins a transaction.
    this.#open--;
    if (this.#later.length > 0) this.#startIn(isWritten ? this.#laterMs : AGAIN_MS);
  }

  /** Returns false when the database is lost. */
  async #commit(group: readonly Waiting<Item, Result>[]): Promise<boolean> {
    if (group.length === 0) return true;
    try {
      const results = await this.#together(itemsOf(group));
      for (const [at, result] of results.entries()) group[at]?.committed?.resolve(result);
      return true;
    } catch (error) {
      const isLost = isDatabaseLost(error);
      if (group.length > 1 && !concernsAll(error)) return await this.#commitEach(group);
      if (isLost) this.#later.unshift(...group.filter(({ committed }) => committed === undefined));
      for (const { committed } of group) {
        if (committed) committed.reject(error);
        else if (!isLost) this.#report(error);
      }
      return !isLost;
    }
  }

  async #commitEach(group: readonly Waiting<Item, Result>[]): Promise<boolean> {
    let isWritten = true;
    for (const one of group) isWritten = await this.#commit([one]) && isWritten;
    return isWritten;
  }
}

/** A conflict concerns the rows of some items. */
function concernsAll(error: unknown): boolean {
  return isDatabaseLost(error) && error.kind !== "conflict";
}

function itemsOf<Item>(group: readonly { readonly item: Item }[]): Item[] {
  return group.map(({ item }) => item);
}
