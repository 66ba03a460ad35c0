/**
 * How long the oldest event of a queue has waited, found by counting: the event at the head came when
 * as many events had arrived as were delivered until now. It needs no timestamps of publishers, and
 * takes nothing from the queue.
 *
 * @module
 */

/** One look at a queue. */
export interface CountedLook {
  /** When, in ms; on any clock that only runs forward. */
  readonly at: number;
  /** Events that are ready. */
  readonly ready: number;
  /** How many events each process has taken and not put back, by the id of the process. */
  readonly taken: ReadonlyMap<string, Taken>;
}

/** The events that a process has taken from a queue. */
export interface Taken {
  /** Those that have left the queue for good: processed, discarded, to be retried, failed. */
  readonly settled: number;
  /** Those that come back to the queue if the process dies. */
  readonly inFlight: number;
}

/** The age of the oldest event. */
export interface Age {
  readonly seconds: number;
  /** Whether it may be older: it came before the first look that is kept. */
  readonly isAtLeast: boolean;
}

interface Mark {
  readonly at: number;
  /** How many events had arrived. */
  readonly arrived: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
/** The looks at a queue and at its processes are not at the same instant. */
const SLACK = 0.1;

/**
 * Counts the arrivals of one queue: each look for an hour, one a minute for a day. A consumer of
 * another program makes the count wrong: forget it then.
 */
export class Arrivals {
  #marks: Mark[] = [];
  /** Deliveries of processes that have ended, and of what was purged. */
  #base = 0;
  #taken: ReadonlyMap<string, Taken> = new Map();
  /** How many events arrived in a ms between the last two looks. */
  #pace = 0;

  /** Adds a look. */
  add({ at, ready, taken }: CountedLook): void {
    const ended = [...this.#taken].filter(([id]) => !taken.has(id));
    for (const [, { settled }] of ended) this.#base += settled;
    const last = this.#marks.at(-1);
    const before = last?.arrived ?? 0;
    const delivered = sum(taken);
    const missing = before - (ready + this.#base + delivered);
    if (ended.length > 0) {
      // What an ended process settled after the last look is not known: the arrivals say it.
      this.#base += Math.max(0, missing + this.#pace * (at - (last?.at ?? at)));
    } else if (missing > SLACK * Math.max(0, delivered - sum(this.#taken))) {
      // Deliveries that nobody has counted: a purge.
      this.#base += missing;
    }
    this.#taken = taken;
    const counted = ready + this.#delivered;
    // Of an empty queue everything was delivered, whatever the count was wrong by.
    const arrived = ready === 0 ? counted : Math.max(before, counted);
    if (last && at > last.at) this.#pace = Math.max(0, arrived - before) / (at - last.at);
    if (ready === 0) this.#marks = [];
    this.#marks.push({ at, arrived });
    this.#thin(at);
  }

  /** Forgets everything. */
  forget(): void {
    this.#marks = [];
    this.#taken = new Map();
    this.#base = 0;
  }

  /** The age of the oldest event that is ready; `null` where none is. */
  oldest(): Age | null {
    const last = this.#marks.at(-1);
    const delivered = this.#delivered;
    if (!last || last.arrived <= delivered) return null;
    const index = this.#marks.findIndex(({ arrived }) => arrived > delivered);
    const mark = this.#marks[index];
    const before = this.#marks[index - 1];
    if (!mark || !before) return { seconds: (last.at - (mark ?? last).at) / 1000, isAtLeast: true };
    const share = (delivered + 1 - before.arrived) / (mark.arrived - before.arrived);
    const cameAt = before.at + Math.min(1, Math.max(0, share)) * (mark.at - before.at);
    return { seconds: (last.at - cameAt) / 1000, isAtLeast: false };
  }

  get #delivered(): number {
    return this.#base + sum(this.#taken);
  }

  /** Keeps one look a minute of those that are older than an hour, and none older than a day. */
  #thin(now: number): void {
    const [first, second] = this.#marks;
    if (first && second && second.at < now - DAY_MS) this.#marks.shift();
    const recent = this.#marks.findIndex(({ at }) => at >= now - HOUR_MS);
    if (recent < 2) return;
    const [a, b, c] = this.#marks.slice(recent - 2, recent + 1);
    if (a && b && c && c.at - a.at <= MINUTE_MS) this.#marks.splice(recent - 1, 1);
  }
}

function sum(taken: ReadonlyMap<string, Taken>): number {
  let total = 0;
  for (const { settled, inFlight } of taken.values()) total += settled + inFlight;
  return total;
}
