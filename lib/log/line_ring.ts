/**
 * The lines that a thread hands to the main thread, in memory that stays readable when the thread is
 * dead.
 *
 * @module
 */

import type { StandardFd } from "./stream.ts";

/** The most bytes of lines that the main thread has not taken; a power of two. */
const CAPACITY = 1024 * 1024;

/** The cells of the header: bytes written and taken so far, lines dropped per stream, the reader. */
const WRITTEN = 0;
const TAKEN = 1;
const LOST = 2;
const READER = 5;
const HEADER_CELLS = 6;

/** What the reader does. */
const BUSY = 0;
const SLEEPS = 1;
/** It sleeps for a limited time, and is woken before that only if much has come. */
const PAUSES = 2;

/** A line begins with its length and its stream: four bytes and one. */
const PREFIX = 5;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A line that was taken. */
export interface RingLine {
  readonly fd: StandardFd;
  readonly bytes: Uint8Array;
}

/**
 * A ring of lines in shared memory with one writer, in a thread, and one reader, in the main thread.
 * A line that does not fit is dropped and counted. The writer never waits.
 */
export class LineRing {
  /** Hand this to the thread. */
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param memory The memory of another instance, to share it. */
  constructor(memory: SharedArrayBuffer = newMemory()) {
    this.memory = memory;
    this.#header = new Int32Array(memory, 0, HEADER_CELLS);
    this.#bytes = new Uint8Array(memory, HEADER_CELLS * 4);
  }

  /** The thread: hands over a line, or drops it. */
  write(fd: StandardFd, line: string): void {
    const bytes = encoder.encode(line);
    const written = Atomics.load(this.#header, WRITTEN);
    const used = distance(Atomics.load(this.#header, TAKEN), written) + PREFIX + bytes.length;
    if (used > CAPACITY) {
      Atomics.add(this.#header, LOST + fd, 1);
    } else {
      this.#copyIn(written, prefixOf(fd, bytes.length));
      this.#copyIn(written + PREFIX, bytes);
      Atomics.store(this.#header, WRITTEN, written + PREFIX + bytes.length);
    }
    this.#wake(used > CAPACITY / 2);
  }

  /** The thread: notes lines that were dropped before. */
  lose(fd: StandardFd, count: number): void {
    Atomics.add(this.#header, LOST + fd, count);
  }

  /** The thread: hands over lines of a thread that it has started. */
  output(fd: StandardFd): { write(line: Uint8Array): void; lose(count: number): void } {
    return {
      write: (line) => this.write(fd, decoder.decode(line)),
      lose: (count) => this.lose(fd, count),
    };
  }

  #wake(isUrgent: boolean): void {
    const reader = Atomics.load(this.#header, READER);
    if (reader === SLEEPS || (reader === PAUSES && isUrgent)) this.wake();
  }

  /** Ends a wait of the reader. */
  wake(): void {
    Atomics.store(this.#header, READER, BUSY);
    Atomics.notify(this.#header, READER);
  }

  /** The main thread: takes the lines that have come. */
  take(): RingLine[] {
    const lines: RingLine[] = [];
    const written = Atomics.load(this.#header, WRITTEN);
    let taken = Atomics.load(this.#header, TAKEN);
    while (taken !== written) {
      const { fd, length } = this.#prefixAt(taken);
      lines.push({ fd, bytes: this.#copyOut(taken + PREFIX, length) });
      taken = (taken + PREFIX + length) | 0;
    }
    Atomics.store(this.#header, TAKEN, taken);
    return lines;
  }

  /** The main thread: how many lines of a stream were dropped since the last call. */
  takeLost(fd: StandardFd): number {
    return Atomics.exchange(this.#header, LOST + fd, 0);
  }

  /** The main thread: waits until there are lines. */
  async filled(): Promise<void> {
    Atomics.store(this.#header, READER, SLEEPS);
    // A line that came before has not seen the reader sleep.
    if (Atomics.load(this.#header, WRITTEN) !== Atomics.load(this.#header, TAKEN)) return;
    await Atomics.waitAsync(this.#header, READER, SLEEPS).value;
  }

  /** The main thread: waits, but not until the ring is full. @param ms How long at most. */
  async pause(ms: number): Promise<void> {
    Atomics.store(this.#header, READER, PAUSES);
    await Atomics.waitAsync(this.#header, READER, PAUSES, ms).value;
  }

  #copyIn(position: number, bytes: Uint8Array): void {
    const at = position & (CAPACITY - 1);
    const first = bytes.subarray(0, CAPACITY - at);
    this.#bytes.set(first, at);
    this.#bytes.set(bytes.subarray(first.length), 0);
  }

  #copyOut(position: number, length: number): Uint8Array {
    const at = position & (CAPACITY - 1);
    const bytes = new Uint8Array(length);
    const first = this.#bytes.subarray(at, at + length);
    bytes.set(first);
    bytes.set(this.#bytes.subarray(0, length - first.length), first.length);
    return bytes;
  }

  #prefixAt(position: number): { fd: StandardFd; length: number } {
    const view = new DataView(this.#copyOut(position, PREFIX).buffer);
    return { length: view.getUint32(0), fd: view.getUint8(4) as StandardFd };
  }
}

function newMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_CELLS * 4 + CAPACITY);
}

/** How far a position is behind another one; positions are counted modulo 2³². */
function distance(from: number, to: number): number {
  return (to - from) >>> 0;
}

function prefixOf(fd: StandardFd, length: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(PREFIX));
  view.setUint32(0, length);
  view.setUint8(4, fd);
  return new Uint8Array(view.buffer);
}
