/**
 * The process: its signals and its exit codes.
 *
 * @module
 */

import { setImmediate } from "node:timers";

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

/**
 * Listens to signals for as long as the process lives: one that came before they are listened to,
 * or after, would end it in its own way. What they ask for is kept until somebody takes it.
 */
export function listenToSignals(): Signals {
  return new Signals();
}

/** What signals ask for, one after another. */
export class Signals {
  readonly #listeners: (readonly [Deno.Signal, () => void])[];
  /** What came before anybody took it. */
  readonly #kept: Request[] = [];
  readonly #came: Deno.Signal[] = [];
  #isTaken = false;
  #onRequest: (request: Request) => void = (request) => void this.#kept.push(request);
  #isEnding = false;
  /** What this turn of the event loop has brought. */
  #flow: "quiet" | "continue" | undefined;
  #last: { readonly signal: Deno.Signal; readonly at: number } | undefined;

  /** Begins to listen. */
  constructor() {
    this.#listeners = REQUESTS.map(([signal, request]) => [signal, () => {
      if (!this.#isTaken) this.#came.push(signal);
      this.#take(signal, request);
    }]);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Hands over what signals ask for: first what came so far, in its order. */
  handOver(onRequest: (request: Request) => void): void {
    this.#isTaken = true;
    this.#onRequest = onRequest;
    this.#kept.splice(0).forEach(onRequest);
  }

  /** Listens no more: signals do what they do to any program, also those that came so far. */
  letGo(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    for (const signal of this.#came.splice(0)) Deno.kill(Deno.pid, signal);
  }

  #take(signal: Deno.Signal, request: Request): void {
    if (request === "quiet" || request === "continue") return this.#changeFlow(request);
    if (request !== "stop" && request !== "restart") return this.#onRequest(request);
    if (this.#isEcho(signal)) return;
    this.#onRequest(this.#isEnding ? "now" : request);
    this.#isEnding = true;
  }

  /**
   * Where SIGTSTP and SIGCONT come in one turn nobody knows which was first: they were sent one
   * right after the other, and a queue that is quiet without anybody wanting it is the worse.
   */
  #changeFlow(request: "quiet" | "continue"): void {
    if (this.#flow === undefined) setImmediate(() => this.#endTurn());
    if (this.#flow !== "continue") this.#flow = request;
  }

  #endTurn(): void {
    const flow = this.#flow;
    this.#flow = undefined;
    if (flow !== undefined) this.#onRequest(flow);
  }

  #isEcho(signal: Deno.Signal): boolean {
    const now = performance.now();
    const isEcho = this.#last?.signal === signal && now - this.#last.at < ECHO_MS;
    if (!isEcho) this.#last = { signal, at: now };
    return isEcho;
  }
}
