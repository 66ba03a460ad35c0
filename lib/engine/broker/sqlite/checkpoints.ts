/**
 * Moves what was committed from the log into the file, in a turn of the event loop of its own:
 * together with a commit it would block the thread for two or three waits for the disk.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clearImmediate, setImmediate } from "node:timers";

/** The number of pages in the log that makes a checkpoint worthwhile. */
const PAGES = 600;
/** The number of commits between two checks of the log. */
const COMMITS = 4;

/** Checks the log after commits. */
export class Checkpoints implements Disposable {
  readonly #measure: StatementSync;
  readonly #checkpoint: StatementSync;
  #commits = 0;
  #immediate: ReturnType<typeof setImmediate> | undefined;

  /** @param db The open file. */
  constructor(db: DatabaseSync) {
    this.#measure = db.prepare("pragma wal_checkpoint(noop)");
    this.#checkpoint = db.prepare("pragma wal_checkpoint(passive)");
  }

  /** Notes a commit. */
  committed(): void {
    if (++this.#commits % COMMITS !== 0 || this.#pagesInLog() < PAGES) return;
    this.#immediate ??= setImmediate(this.#run);
  }

  /** Makes no more checkpoints. */
  [Symbol.dispose](): void {
    clearImmediate(this.#immediate);
  }

  /** Ignores errors: the commit is done, and a fault of the file shows at the next one. */
  #pagesInLog(): number {
    try {
      const { log, checkpointed } = this.#measure.get() ?? {};
      return Number(log) - Number(checkpointed);
    } catch {
      return 0;
    }
  }

  #run = (): void => {
    this.#immediate = undefined;
    try {
      this.#checkpoint.get();
    } catch {
      // Tried again after other commits.
    }
  };
}
