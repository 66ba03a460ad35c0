/**
 * Whether a thread responds: its event loop turns, and it answers when it has jobs.
 *
 * @module
 */

import { LATE_MS } from "../../system/lateness.ts";
import { Pulse } from "./pulse.ts";

/** What a thread does with its jobs: it has none, runs some, or has some and runs none. */
export type JobState = "idle" | "running" | "waiting";

/**
 * A thread beats every 250 ms. One without a heartbeat for this long, in ms, is blocked: expect
 * nothing more from it for now.
 */
export const BLOCKED_MS = 1500;

/** The main thread's view of one thread. */
export class Responsiveness {
  readonly pulse = new Pulse();
  #heartbeats = 0;
  #beatAt: number;
  #respondedAt: number;
  #sweptAt: number;
  #hasAnswered = false;

  /** @param now `performance.now()` */
  constructor(now: number = performance.now()) {
    this.#beatAt = this.#respondedAt = this.#sweptAt = now;
  }

  /** The thread is ready for jobs: whatever kept it busy before is over. @param now `performance.now()` */
  ready(now: number): void {
    this.#beatAt = this.#respondedAt = this.#sweptAt = now;
  }

  /** The thread said something about its jobs. */
  answered(): void {
    this.#hasAnswered = true;
  }

  /**
   * Looks for a heartbeat. Call this every 250 ms.
   *
   * @param now `performance.now()`
   * @param lateMs How late this call comes, in ms: the process was stopped or busy, and so perhaps
   * was the thread.
   */
  sweep(now: number, lateMs: number, jobs: JobState): void {
    const { heartbeats } = this.pulse;
    if (lateMs > 0) this.pulse.stopped(lateMs);
    const hasBeaten = heartbeats !== this.#heartbeats || lateMs > 0;
    const wasSilent = now - this.#beatAt > LATE_MS;
    if (hasBeaten) this.#beatAt = now;
    this.#heartbeats = heartbeats;
    if (this.#responds(now, jobs) || lateMs > 0 || (hasBeaten && wasSilent)) {
      this.#respondedAt = now;
    }
    this.#hasAnswered = false;
    this.#sweptAt = now;
  }

  #responds(now: number, jobs: JobState): boolean {
    if (jobs === "running") return true;
    const isSilent = now - this.#beatAt > LATE_MS;
    return !isSilent && (jobs === "idle" || this.#hasAnswered);
  }

  /** For how long the event loop has not turned, in ms. */
  get silentMs(): number {
    return performance.now() - this.#beatAt;
  }

  /**
   * For how long the thread has run no job and not responded either, in ms, at the last sweep: its
   * event loop did not turn, or it had jobs and said nothing.
   */
  get unresponsiveMs(): number {
    return this.#sweptAt - this.#respondedAt;
  }
}
