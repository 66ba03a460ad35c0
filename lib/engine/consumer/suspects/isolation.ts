/**
 * Runs the suspects of one queue alone: with nothing beside them that may end the process.
 *
 * @module
 */

import type { Entry } from "../entry.ts";
import type { IsolationTurns, TurnTaker } from "./turns.ts";

/** How long a turn may last where others wait for theirs, in ms. */
const MOST_MS = 10_000;

/** The isolated runs of one queue. */
export class IsolatedRuns implements TurnTaker, Disposable {
  readonly #turns: IsolationTurns;
  readonly #run: (entry: Entry) => void;
  /** The entries that wait for the queue's turn. */
  #waiting: Entry[] = [];
  /** The entries that may run in this turn, one after another. */
  readonly #running = new Set<Entry>();
  /** `performance.now()` when the turn began. */
  #since = 0;

  /**
   * @param turns The turns of all queues of the process.
   * @param run Has an entry run; its turn lasts until {@linkcode end} is called for it.
   */
  constructor(turns: IsolationTurns, run: (entry: Entry) => void) {
    this.#turns = turns;
    this.#run = run;
  }

  /** Has an entry run, now or when the queue's turn has come. */
  add(entry: Entry): void {
    entry.place = "isolation";
    this.#waiting.push(entry);
    if (this.#running.size > 0 && !this.#turns.isWanted) this.begin();
    else this.#turns.ask(this);
  }

  /** @inheritdoc */
  begin(): void {
    if (this.#running.size === 0) this.#since = performance.now();
    const entries = this.#waiting;
    this.#waiting = [];
    for (const entry of entries) this.#running.add(entry);
    entries.forEach(this.#run);
  }

  /** Whether the entry runs in this turn. */
  has(entry: Entry | undefined): boolean {
    return entry !== undefined && this.#running.has(entry);
  }

  /** The entry does not run any more, or is not going to. */
  end(entry: Entry): void {
    if (this.#running.delete(entry) && this.#running.size === 0) this.#turns.end(this);
  }

  /**
   * Gives the turn to others who want theirs when it has lasted for long. What runs then may not be
   * the only isolated event of the process.
   *
   * @param now `performance.now()`
   * @returns Whether it did.
   */
  giveTurn(now: number): boolean {
    const isLong = this.#running.size > 0 && now - this.#since > MOST_MS;
    if (!isLong || !this.#turns.isWanted) return false;
    this.#running.clear();
    this.#turns.end(this);
    return true;
  }

  /** Takes out what came before a time and waits for the queue's turn. */
  takeWaiting(receivedBefore: number): Entry[] {
    const taken = this.#waiting.filter(({ receivedAt }) => receivedAt < receivedBefore);
    this.#waiting = this.#waiting.filter(({ receivedAt }) => receivedAt >= receivedBefore);
    if (this.#waiting.length === 0) this.#turns.withdraw(this);
    return taken;
  }

  /** Ends the turn. */
  [Symbol.dispose](): void {
    this.#running.clear();
    this.#turns.end(this);
  }
}
