/**
 * Has one queue of a process at a time run events alone: else a process that ends would leave
 * several that ran alone, and nobody would know which of them ended it.
 *
 * @module
 */

/** Runs events alone when its turn has come. */
export interface TurnTaker {
  /** Its turn has come, and lasts until it ends it. It may not throw. */
  begin(): void;
}

/** The turns of the queues of one process, in the order in which they asked. */
export class IsolationTurns {
  readonly #waiting = new Set<TurnTaker>();
  #holder: TurnTaker | undefined;

  /** Whether anybody waits for a turn. */
  get isWanted(): boolean {
    return this.#waiting.size > 0;
  }

  /** Gives a turn to one who wants it, now or later. */
  ask(who: TurnTaker): void {
    this.#waiting.add(who);
    if (!this.#holder) this.#next();
  }

  /** It does not want its turn any more. */
  withdraw(who: TurnTaker): void {
    this.#waiting.delete(who);
  }

  /** Its turn is over, if it had one. */
  end(who: TurnTaker): void {
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
