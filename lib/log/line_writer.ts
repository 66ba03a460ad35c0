/**
 * Writes whole lines to a stream that may be slow, full or closed.
 *
 * @module
 */

/** ms to wait for a slow reader, for each line. */
const MAX_WAIT_MS = 100;

const encoder = new TextEncoder();
const pause = new Int32Array(new SharedArrayBuffer(4));

/** The stream that lines are written to, such as `Deno.stderr`. */
export interface ByteSink {
  /** Writes some or all of the bytes. @returns How many. */
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes lines one after another, each as a whole and synchronously.
 *
 * Waits at most 100 ms for a full pipe that does not block. Then it drops lines until the pipe takes
 * one again, and writes a line that says how many. A line that was written in part is finished first.
 * A stream that is closed or fails loses its lines. Nothing here throws: a program must not end
 * because nobody reads its log.
 */
export class LineWriter {
  readonly #sink: ByteSink;
  readonly #lostLine: (count: number) => string;
  readonly #wait: () => void;
  #rest: Uint8Array = new Uint8Array();
  #isStalled = false;
  #lost = 0;

  /**
   * @param sink The stream.
   * @param lostLine Makes the line that says how many were dropped.
   * @param wait Waits a millisecond.
   */
  constructor(
    sink: ByteSink,
    lostLine: (count: number) => string,
    wait: () => void = () => void Atomics.wait(pause, 0, 0, 1),
  ) {
    this.#sink = sink;
    this.#lostLine = lostLine;
    this.#wait = wait;
  }

  /** Writes one line, which must end with a newline, or drops it. */
  write(line: string): void {
    this.#rest = this.#put(this.#rest);
    if (this.#lost > 0 && this.#start(this.#lostLine(this.#lost))) {
      this.#lost = 0;
    }
    if (!this.#start(line)) this.#lost++;
  }

  /** Writes a line. @returns Whether at least a part of it was written, so that it is finished. */
  #start(line: string): boolean {
    if (this.#rest.length > 0) return false;
    const bytes = encoder.encode(line);
    const rest = this.#put(bytes);
    if (rest.length === bytes.length) return false;
    this.#rest = rest;
    return true;
  }

  /** Writes what it can. @returns The rest. */
  #put(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    for (let waits = 0; rest.length > 0;) {
      try {
        rest = rest.subarray(this.#sink.writeSync(rest));
        this.#isStalled = false;
      } catch (error) {
        if (!this.#mayWait(error, waits++)) return rest;
        this.#wait();
      }
    }
    return rest;
  }

  #mayWait(error: unknown, waits: number): boolean {
    if (!(error instanceof Deno.errors.WouldBlock) || this.#isStalled) {
      return false;
    }
    this.#isStalled = waits >= MAX_WAIT_MS;
    return !this.#isStalled;
  }
}
