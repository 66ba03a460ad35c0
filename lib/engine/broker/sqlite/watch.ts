/**
 * Checks the file regularly: for events that other processes published, for events that are due,
 * and for processes that ended.
 *
 * @module
 */

/** The file that is checked. */
export interface Watched {
  /** Whether another process has written since the last call. */
  hasChanged(): boolean;
  /** Looks for events to take. */
  look(): void;
  /** The time in ms since 1970, by a clock that never goes back. */
  now(): number;
  /** When the next of the waiting events is due by that clock. */
  nextDue(): number;
  /** Makes events ready that are due; never rejects. */
  promote(): Promise<void>;
  /** Checks for processes that ended, once a second; never rejects. */
  maintain(): Promise<void>;
}

/** Least and most ms between two checks; the pause grows while nothing happens. */
const LOOK_MS = [4, 60] as const;
/** The factor by which the pause grows. */
const SLOWER = 1.25;
const MAINTAIN_EVERY_MS = 1000;

/** Checks the file while it is started. */
export class Watch {
  readonly #watched: Watched;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStarted = false;
  #pauseMs: number = LOOK_MS[0];
  #nextDue = Infinity;
  #maintainedAt = -Infinity;
  #work: Promise<void> = Promise.resolve();

  /** @param watched The file. Its reads may throw; they are tried again. */
  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Starts to check, if it has not started. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#pauseMs = LOOK_MS[0];
    this.#maintainedAt = performance.now();
    this.#readDue();
    this.#again();
  }

  /** Stops checking. */
  stop(): void {
    this.#isStarted = false;
    clearTimeout(this.#timer);
  }

  /** Resolves when the work that has begun is done. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** Notes that an event waits. @param due Until when, by the clock of the file. */
  noteDue(due: number): void {
    if (due >= this.#nextDue) return;
    this.#nextDue = due;
    if (this.#isStarted) this.#again();
  }

  #again(): void {
    clearTimeout(this.#timer);
    const ms = Math.min(this.#pauseMs, Math.max(1, this.#nextDue - this.#watched.now()));
    this.#timer = setTimeout(this.#tick, ms);
  }

  #tick = (): void => {
    try {
      this.#lookForChanges();
    } catch {
      // The file is locked, or at fault: then the next write reports it.
    }
    this.#work = this.#work.then(() => this.#look());
    if (this.#isStarted) this.#again();
  };

  #lookForChanges(): void {
    if (!this.#watched.hasChanged()) {
      this.#pauseMs = Math.min(LOOK_MS[1], this.#pauseMs * SLOWER);
      return;
    }
    this.#pauseMs = LOOK_MS[0];
    this.#watched.look();
    this.#readDue();
  }

  async #look(): Promise<void> {
    if (this.#isStarted && this.#watched.now() >= this.#nextDue) await this.#promote();
    const now = performance.now();
    if (!this.#isStarted || now - this.#maintainedAt < MAINTAIN_EVERY_MS) return;
    this.#maintainedAt = now;
    await this.#watched.maintain();
  }

  async #promote(): Promise<void> {
    this.#nextDue = Infinity;
    await this.#watched.promote();
    this.#readDue();
  }

  #readDue(): void {
    try {
      this.#nextDue = this.#watched.nextDue();
    } catch {
      this.#nextDue = this.#watched.now() + MAINTAIN_EVERY_MS;
    }
  }
}
