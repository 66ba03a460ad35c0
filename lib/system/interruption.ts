/**
 * Signals that end a command once what is under way is finished.
 *
 * @module
 */

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Aborts its signal at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process. */
export class Interruption implements Disposable {
  readonly #abort = new AbortController();
  readonly #onSignal = () => {
    this.#abort.abort();
    this[Symbol.dispose]();
  };
  #isListening = true;

  /** Starts to listen. */
  constructor() {
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#onSignal);
  }

  /** Aborted when the command should end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Stops listening: signals have their usual effect again. */
  [Symbol.dispose](): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#onSignal);
  }
}
