/**
 * Writes whole lines to a stream that may be slow, full or gone.
 *
 * @module
 */

/** ms to wait, a line, for a reader that does not keep up. */
const MAX_WAIT_MS = 100;

const encoder = new TextEncoder();
const pause = new Int32Array(new SharedArrayBuffer(4));

/** What lines are written to, such as `Deno.stderr`. */
export interface ByteSink {
  /** Writes some or all of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes lines one after another, each as a whole and at once.
 *
 * A pipe that is full and does not block is waited for, 100 ms at the most; then lines are dropped
 * until it takes one again, and a last line says how many. A line of which a part was written is
 * finished first. A stream that is closed or fails loses its lines. Nothing here throws: a program
 * must not end because nobody reads its log.
 */
export class LineWriter {
  readonly #sink: ByteSink;
  readonly #lostLine: (count: number) => string;
  readonly #wait: () => void;
  #rest: Uint8Array = new Uint8Array();
  #isStalled = false;
  #lost = 0;

  /**
   * @param sink Where the lines go.
   * @param lostLine What to say when lines were dropped.
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

  /** Whether the line has been written, at least so far that it must be finished. */
  #start(line: string): boolean {
    if (this.#rest.length > 0) return false;
    const bytes = encoder.encode(line);
    const rest = this.#put(bytes);
    if (rest.length === bytes.length) return false;
    this.#rest = rest;
    return true;
  }

  /** Writes what it can and returns the rest. */
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
