/**
 * What ends a command that runs until a signal.
 *
 * @module
 */

import { EXIT, type Signals } from "../system/signals.ts";

/** The end that signals, or the process itself, ask for. */
export class Stop {
  #code: number = EXIT.stopped;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();

  /**
   * Takes the requests of signals.
   *
   * @param onStatus Called for SIGUSR2. @default {nothing is done}
   */
  constructor(signals: Pick<Signals, "handOver">, onStatus: () => void = () => {}) {
    signals.handOver((request) => {
      if (request === "stop") this.end(EXIT.stopped);
      if (request === "restart") this.end(EXIT.restart);
      if (request === "abort") this.#hurry.abort();
      if (request === "status") onStatus();
    });
  }

  /** The exit code when it was asked to end. */
  get code(): number {
    return this.#code;
  }

  /** Aborted when no more is to be started. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Aborted by a second signal: nothing is waited for. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** Asks for the end. The first code counts. */
  end(code: number): void {
    if (!this.signal.aborted) this.#code = code;
    this.#stop.abort();
  }
}
