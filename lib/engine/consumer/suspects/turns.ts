/**
 * Events that run alone as they may have ended a process before. Of all queues of this process one
 * at a time runs such events: else a process that ends would leave several that ran alone, and
 * nobody would know whom to blame.
 *
 * @module
 */

import type { Job } from "../../executor/executor.ts";
import type { Entry } from "../entry.ts";

/** How long a turn is where others wait for theirs, in ms. */
const MOST_MS = 10_000;

/** The queues that take turns, in the order in which they asked. */
class Turns {
  readonly #waiting = new Set<LoneEntries>();
  #holder: LoneEntries | undefined;

  /** Whether anybody waits. */
  get isWanted(): boolean {
    return this.#waiting.size > 0;
  }

  ask(who: LoneEntries): void {
    this.#waiting.add(who);
    if (!this.#holder) this.#next();
  }

  /** It does not want its turn any more. */
  leave(who: LoneEntries): void {
    this.#waiting.delete(who);
  }

  /** Its turn is over. */
  end(who: LoneEntries): void {
    if (this.#holder === who) this.#next();
  }

  #next(): void {
    const [next] = this.#waiting;
    this.#holder = next;
    if (!next) return;
    this.#waiting.delete(next);
    next.begin();
  }
}

/** Of this process. */
const TURNS = new Turns();

/** The events of one queue that run alone. */
export class LoneEntries implements Disposable {
  readonly #run: (entry: Entry) => void;
  /** Those that wait for the queue's turn. */
  #held: Entry[] = [];
  /** Those that may run now, one after another. */
  readonly #begun = new Set<Job>();
  /** `performance.now()` when its turn began. */
  #since = 0;

  /** @param run Has an entry run; it is its turn, until {@linkcode end} is called. */
  constructor(run: (entry: Entry) => void) {
    this.#run = run;
  }

  /** Has an entry run, now or when it is the queue's turn. */
  add(entry: Entry): void {
    this.#held.push(entry);
    if (this.#begun.size > 0 && !TURNS.isWanted) this.begin();
    else TURNS.ask(this);
  }

  /** It is the queue's turn. */
  begin(): void {
    if (this.#begun.size === 0) this.#since = performance.now();
    const entries = this.#held;
    this.#held = [];
    for (const entry of entries) this.#begun.add(entry);
    entries.forEach(this.#run);
  }

  /** Whether the job is one of these, and it is its turn. */
  has(job: Job | undefined): boolean {
    return job !== undefined && this.#begun.has(job);
  }

  /** The entry does not run any more, or is not going to. */
  end(entry: Entry): void {
    if (this.#begun.delete(entry) && this.#begun.size === 0) TURNS.end(this);
  }

  /**
   * Gives its turn on when it has had it for long and others want theirs: what runs alone then may
   * not be the only one that does.
   *
   * @param now `performance.now()`
   * @returns Whether it was given on.
   */
  giveOn(now: number): boolean {
    const isOver = this.#begun.size > 0 && now - this.#since > MOST_MS && TURNS.isWanted;
    if (!isOver) return false;
    this.#begun.clear();
    TURNS.end(this);
    return true;
  }

  /** Takes out what came before a time and waits for the queue's turn. */
  takeHeld(receivedBefore: number): Entry[] {
    const taken = this.#held.filter(({ receivedAt }) => receivedAt < receivedBefore);
    this.#held = this.#held.filter(({ receivedAt }) => receivedAt >= receivedBefore);
    if (this.#held.length === 0) TURNS.leave(this);
    return taken;
  }

  /** Nothing runs any more that this process could tell of. */
  [Symbol.dispose](): void {
    this.#begun.clear();
    TURNS.end(this);
  }
}
