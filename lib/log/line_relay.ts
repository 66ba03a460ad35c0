/**
 * The main thread's side of a thread's lines: takes them and writes them.
 *
 * @module
 */

import { LineRing, type RingLine } from "./line_ring.ts";
import { outputTo } from "./standard_outputs.ts";
import type { StandardFd } from "./stream.ts";

/** How long lines are gathered before the main thread takes them, in ms. */
const GATHER_MS = 20;

/** Where a relay writes; standard output and standard error of the process have this form. */
export interface LineOutput {
  write(line: Uint8Array): void;
  lose(count: number): void;
}

/**
 * Writes what a thread logs and prints. The first lines are taken at once, and those that follow
 * them up to 20 ms later, so that a thread that logs much does not wake the main thread for each.
 */
export class LineRelay implements Disposable {
  readonly #ring = new LineRing();
  readonly #outputOf: (fd: StandardFd) => LineOutput;
  #isOver = false;

  /** @param outputOf The outputs by their number. @default {outputTo} */
  constructor(outputOf: (fd: StandardFd) => LineOutput = outputTo) {
    this.#outputOf = outputOf;
    void this.#relay();
  }

  /** The memory of the thread's {@linkcode LineRing}. */
  get memory(): SharedArrayBuffer {
    return this.#ring.memory;
  }

  /**
   * Writes what has come. Call this before a message of the thread is taken, so that what a handler
   * logs comes before what becomes of its event.
   */
  pass(): void {
    this.#ring.take().forEach(({ fd, bytes }: RingLine) => this.#outputOf(fd).write(bytes));
    for (const fd of [1, 2] as const) {
      const lost = this.#ring.takeLost(fd);
      if (lost > 0) this.#outputOf(fd).lose(lost);
    }
  }

  /** Writes what has come, and takes no more: the thread has ended. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.pass();
    this.#ring.wake();
  }

  async #relay(): Promise<void> {
    while (!this.#isOver) {
      await this.#ring.filled();
      this.pass();
      await this.#ring.pause(GATHER_MS);
    }
  }
}
