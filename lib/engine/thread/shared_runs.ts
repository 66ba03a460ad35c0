/**
 * What a thread says about its jobs without sending a message, in memory that stays readable when it
 * is dead: which of them run, and which went well.
 *
 * @module
 */

import type { RunTime } from "../executor/executor.ts";

/** How many jobs a thread may hold. */
export interface SharedSize {
  /** Jobs that run at once. */
  readonly running: number;
  /** Jobs that it has not answered. */
  readonly outstanding: number;
}

/** The memory behind {@linkcode SharedRuns}; it crosses to a thread without a copy. */
export interface SharedMemory extends SharedSize {
  readonly buffer: SharedArrayBuffer;
}

/** A job that runs. */
export interface SharedRun {
  readonly seq: number;
  /** `performance.now()` of the main thread at its start; later by the time that was postponed. */
  readonly since: number;
}

/** The cell of the header that counts the jobs that went well. */
const FINISHED = 0;
/** The cells of the header. */
const HEADER = 4;

/**
 * The table of the jobs that run, with a cell for each, and the ring of those that went well. The
 * thread writes both, and the main thread reads them. Jobs go by their numbers, which are never 0.
 */
export class SharedRuns {
  /** Hand this to the thread. */
  readonly memory: SharedMemory;
  readonly #header: Int32Array;
  readonly #running: Int32Array;
  readonly #since: Float64Array;
  readonly #ring: Int32Array;
  readonly #startedAt: Float64Array;
  readonly #runMs: Float64Array;
  readonly #shareMs: Float64Array;
  #read = 0;

  /** @param memory The memory of another instance, to share it. */
  constructor(memory: SharedMemory) {
    this.memory = memory;
    const { buffer, running, outstanding } = memory;
    let at = 0;
    const floats = (count: number) => new Float64Array(buffer, take(count * 8), count);
    const integers = (count: number) => new Int32Array(buffer, take(count * 4), count);
    const take = (bytes: number) => (at += bytes) - bytes;
    this.#since = floats(running);
    this.#startedAt = floats(outstanding);
    this.#runMs = floats(outstanding);
    this.#shareMs = floats(outstanding);
    this.#header = integers(HEADER);
    this.#running = integers(running);
    this.#ring = integers(outstanding);
    this.#read = Atomics.load(this.#header, FINISHED);
  }

  /** Makes new memory for at least as many jobs: the ring's places are counted modulo 2³². */
  static ofSize({ running, outstanding: least }: SharedSize): SharedRuns {
    const outstanding = 2 ** Math.ceil(Math.log2(least));
    const bytes = 8 * (running + 3 * outstanding) + 4 * (HEADER + running + outstanding);
    return new SharedRuns({ buffer: new SharedArrayBuffer(bytes), running, outstanding });
  }

  /** The thread: a job runs. @param cell Its cell in the table. */
  start(cell: number, seq: number, since: number): void {
    this.#since[cell] = since;
    Atomics.store(this.#running, cell, seq);
  }

  /** The thread: the job in this cell does not run any more. */
  end(cell: number): void {
    Atomics.store(this.#running, cell, 0);
  }

  /** The thread: a job went well. */
  finish(seq: number, { startedAt, runMs, shareMs }: RunTime): void {
    const finished = this.#header[FINISHED] as number;
    const place = (finished >>> 0) % this.#ring.length;
    this.#ring[place] = seq;
    this.#startedAt[place] = startedAt;
    this.#runMs[place] = runMs;
    this.#shareMs[place] = shareMs;
    Atomics.store(this.#header, FINISHED, (finished + 1) | 0);
  }

  /** The main thread: takes the jobs that went well since the last call, in their order. */
  takeFinished(take: (seq: number, time: RunTime) => void): void {
    const finished = Atomics.load(this.#header, FINISHED);
    while (this.#read !== finished) {
      const place = (this.#read >>> 0) % this.#ring.length;
      this.#read = (this.#read + 1) | 0;
      take(this.#ring[place] as number, {
        startedAt: this.#startedAt[place] as number,
        runMs: this.#runMs[place] as number,
        shareMs: this.#shareMs[place] as number,
      });
    }
  }

  /** The main thread: the jobs that run now. */
  running(): SharedRun[] {
    const runs: SharedRun[] = [];
    for (let cell = 0; cell < this.#running.length; cell++) {
      const seq = Atomics.load(this.#running, cell);
      if (seq !== 0) runs.push({ seq, since: this.#since[cell] as number });
    }
    return runs;
  }

  /** The main thread: whether this job runs now. */
  isRunning(seq: number): boolean {
    return this.#running.includes(seq);
  }

  /** The main thread: a time that has just passed does not count against what runs. */
  postpone(ms: number, now: number): void {
    this.#since.forEach((since, cell) => this.#since[cell] = Math.min(now, since + ms));
  }
}
