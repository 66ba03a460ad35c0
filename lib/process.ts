/**
 * The process: its signals and its exit codes.
 *
 * @module
 */

/** What a process ends with. */
export const EXIT = {
  /** It was told to stop, or had nothing more to do. */
  stopped: 0,
  /** It could not do what it was told. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Start me again. */
  restart: 3,
} as const;

/** What a signal asks for. */
export type Request =
  /** SIGTERM, SIGINT: finish what runs, then end with 0. */
  | "stop"
  /** SIGUSR1: the same, and end with 3. */
  | "restart"
  /** Another one of these: end at once. */
  | "now"
  /** SIGTSTP: take no more events. */
  | "quiet"
  /** SIGCONT: take events again. */
  | "continue"
  /** SIGUSR2: say how things are. */
  | "status";

const REQUESTS: readonly (readonly [Deno.Signal, Request])[] = [
  ["SIGTERM", "stop"],
  ["SIGINT", "stop"],
  ["SIGUSR1", "restart"],
  ["SIGTSTP", "quiet"],
  ["SIGCONT", "continue"],
  ["SIGUSR2", "status"],
];

/**
 * A signal that comes again within so many ms is the same one: Ctrl-C reaches a process directly
 * and by way of what started it.
 */
const ECHO_MS = 300;

/** Listens to signals until it is disposed of. */
export class Signals implements Disposable {
  readonly #listeners = new Map<Deno.Signal, () => void>();
  readonly #onRequest: (request: Request) => void;
  #isEnding = false;
  #last: { readonly signal: Deno.Signal; readonly at: number } | undefined;

  /** @param onRequest Called for each signal. */
  constructor(onRequest: (request: Request) => void) {
    this.#onRequest = onRequest;
    for (const [signal, request] of REQUESTS) {
      const listener = () => this.#take(signal, request);
      Deno.addSignalListener(signal, listener);
      this.#listeners.set(signal, listener);
    }
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  #take(signal: Deno.Signal, request: Request): void {
    const isEnd = request === "stop" || request === "restart";
    if (!isEnd) return this.#onRequest(request);
    if (this.#isEcho(signal)) return;
    this.#onRequest(this.#isEnding ? "now" : request);
    this.#isEnding = true;
  }

  #isEcho(signal: Deno.Signal): boolean {
    const now = performance.now();
    const isEcho = this.#last?.signal === signal && now - this.#last.at < ECHO_MS;
    if (!isEcho) this.#last = { signal, at: now };
    return isEcho;
  }
}
