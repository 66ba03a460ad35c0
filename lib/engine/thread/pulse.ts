/**
 * The heartbeat of a thread, in memory that the main thread reads.
 *
 * @module
 */

/** Cells of {@linkcode Pulse}. */
const HEARTBEATS = 0;
const HEAP_USED_MB = 1;
const STOPPED_MS = 2;
const PULSE_CELLS = 3;

/** Shows that a thread's event loop turns, and how full its heap is. */
export class Pulse {
  readonly #cells: Int32Array;

  /** @param buffer The memory of another pulse, to share it. */
  constructor(readonly buffer = new SharedArrayBuffer(4 * PULSE_CELLS)) {
    this.#cells = new Int32Array(buffer);
  }

  /** The thread: its event loop turns. */
  beat(heapUsedMb: number): void {
    Atomics.store(this.#cells, HEAP_USED_MB, heapUsedMb);
    Atomics.add(this.#cells, HEARTBEATS, 1);
  }

  /** The main thread: nobody checked limits of time for a while. */
  stopped(ms: number): void {
    Atomics.add(this.#cells, STOPPED_MS, Math.round(ms));
  }

  /** The thread: for how long nobody checked since the last call, in ms. */
  takeStoppedMs(): number {
    return Atomics.exchange(this.#cells, STOPPED_MS, 0);
  }

  /** Changes with every heartbeat. */
  get heartbeats(): number {
    return Atomics.load(this.#cells, HEARTBEATS);
  }

  /** The heap in use, in MB. */
  get heapUsedMb(): number {
    return Atomics.load(this.#cells, HEAP_USED_MB);
  }
}
