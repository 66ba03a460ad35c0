/**
 * Carries what was committed over from the log into the file, in a turn of the event loop of its
 * own: with a commit it would hold the thread for the time of two or three waits for the disk.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clearImmediate, setImmediate } from "node:timers";

/** Pages in the log that are worth a checkpoint. */
const PAGES = 600;
/** How many commits there are between two looks at the log. */
const COMMITS = 4;

/** Looks at the log after commits. */
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

  /** Something was committed. */
  committed(): void {
    if (++this.#commits % COMMITS !== 0 || this.#pagesInLog() < PAGES) return;
    this.#immediate ??= setImmediate(this.#run);
  }

  /** Makes no more checkpoints. */
  [Symbol.dispose](): void {
    clearImmediate(this.#immediate);
  }

  /** The commit stands whatever goes wrong here; if the file is at fault, the next one says so. */
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
      // It is tried again after other commits.
    }
  };
}
