/**
 * The heartbeat of a thread, in memory that the main thread reads.
 *
 * @module
 */

/** Cells of {@linkcode Pulse}. */
const BEATS = 0;
const HEAP_USED_MB = 1;
const HEAP_FULL = 2;
const STOPPED_MS = 3;
const PULSE_CELLS = 4;

/** That a thread's event loop turns, and how its heap is. */
export class Pulse {
  readonly #cells: Int32Array;

  /** @param buffer Another's, to share it. */
  constructor(readonly buffer = new SharedArrayBuffer(4 * PULSE_CELLS)) {
    this.#cells = new Int32Array(buffer);
  }

  /** The thread: it lives. */
  beat(heapUsedMb: number): void {
    Atomics.store(this.#cells, HEAP_USED_MB, heapUsedMb);
    Atomics.add(this.#cells, BEATS, 1);
  }

  /** The thread: its heap was used up. */
  heapFull(): void {
    Atomics.store(this.#cells, HEAP_FULL, 1);
  }

  /** The main thread: for so many ms nobody looked after limits of time. */
  stopped(ms: number): void {
    Atomics.add(this.#cells, STOPPED_MS, Math.round(ms));
  }

  /** The thread: for how many ms nobody looked since this was last asked. */
  takeStoppedMs(): number {
    return Atomics.exchange(this.#cells, STOPPED_MS, 0);
  }

  /** Changes with every beat. */
  get beats(): number {
    return Atomics.load(this.#cells, BEATS);
  }

  /** MB. */
  get heapUsedMb(): number {
    return Atomics.load(this.#cells, HEAP_USED_MB);
  }

  /** Whether its heap was used up. */
  get isHeapFull(): boolean {
    return Atomics.load(this.#cells, HEAP_FULL) === 1;
  }
}
