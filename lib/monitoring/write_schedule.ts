/**
 * When a queue's statistics file is written.
 *
 * @module
 */

import type { SettledReport } from "../engine/report.ts";

/** Zulip's CONSUME_ITERATIONS_BEFORE_UPDATE_STATS_NUM. */
const EVENTS_BEFORE_WRITE = 50;
/** Zulip's MAX_SECONDS_BEFORE_UPDATE_STATS, in ms. */
const MAX_WRITE_INTERVAL_MS = 30_000;
/** ms between two writes because the queue woke. */
const MIN_WAKE_INTERVAL_MS = 1000;
/** ms between two writes while an event runs, for its age. */
const AGE_INTERVAL_MS = 5000;

/** Keeps what decides whether the file is due. All times are in ms, on one clock. */
export class WriteSchedule {
  #isDue = true;
  #hasNews = true;
  #unwritten = 0;
  #writtenAt = -Infinity;
  #wokeAt = -Infinity;

  /** Whether something happened since the last write. */
  get hasNews(): boolean {
    return this.#hasNews;
  }

  /** An event was settled. */
  settled({ outcome, inFlight }: SettledReport): void {
    this.#hasNews = true;
    if (inFlight === 0) this.#isDue = true;
    else if (outcome !== "released" && ++this.#unwritten >= EVENTS_BEFORE_WRITE) this.#isDue = true;
  }

  /**
   * An event comes to the idle queue.
   *
   * @param mayWrite Whether the file can be written.
   * @returns Whether to write the file at once.
   */
  woke(now: number, mayWrite: boolean): boolean {
    this.#hasNews = true;
    this.#isDue = true;
    if (now - this.#wokeAt < MIN_WAKE_INTERVAL_MS || !mayWrite) return false;
    this.#wokeAt = now;
    return true;
  }

  /** Whether the next sweep writes the file. @param isRunning Whether an event runs. */
  isDue(now: number, isRunning: () => boolean): boolean {
    if (this.#isDue) return true;
    const ms = now - this.#writtenAt;
    if (ms >= AGE_INTERVAL_MS && isRunning()) return true;
    return ms >= MAX_WRITE_INTERVAL_MS && this.#hasNews;
  }

  /** The file was written. */
  written(now: number): void {
    this.#isDue = false;
    this.#hasNews = false;
    this.#unwritten = 0;
    this.#writtenAt = now;
  }

  /** The next sweep writes the file. */
  writeNext(): void {
    this.#isDue = true;
  }
}
