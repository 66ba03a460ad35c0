/**
 * The process: its signals and its exit codes.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ignoredSignals } from "./ignored_signals.ts";

/** The exit codes. */
export const EXIT = {
  /** The process was asked to stop, or had nothing left to do. */
  stopped: 0,
  /** It could not do what it was asked. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** It asks to be restarted. */
  restart: 3,
} as const;

/** A request that signals make. */
export type Request =
  /** SIGTERM, SIGINT, SIGHUP: finish what runs, then exit with 0. */
  | "stop"
  /** SIGUSR1: the same, but exit with 3. */
  | "restart"
  /** Another of these, or SIGQUIT: abort what runs and exit. It follows a stop or a restart. */
  | "abort"
  /** SIGTSTP: take no more events. */
  | "quiet"
  /** SIGCONT: take events again. */
  | "continue"
  /** SIGUSR2: log the status of every queue. */
  | "status";

const REQUESTS: readonly (readonly [Deno.Signal, Request])[] = [
  ["SIGTERM", "stop"],
  ["SIGINT", "stop"],
  ["SIGHUP", "stop"],
  ["SIGQUIT", "abort"],
  ["SIGUSR1", "restart"],
  ["SIGTSTP", "quiet"],
  ["SIGCONT", "continue"],
  ["SIGUSR2", "status"],
];

/**
 * A signal that comes again within this time, in ms, is the same one: Ctrl-C reaches a process
 * directly and through the process that started it.
 */
const ECHO_MS = 300;

/**
 * Listens to signals for as long as the process lives: without a listener a signal would end it.
 * A signal that was ignored when the process started stays ignored. Requests are kept until
 * {@linkcode Signals.handOver}.
 */
export function listenToSignals(): Signals {
  return new Signals();
}

/** The requests of signals, one after another. */
export class Signals {
  readonly #listeners: (readonly [Deno.Signal, () => void])[];
  /** The requests before `handOver`. */
  readonly #kept: Request[] = [];
  /** The signals before `handOver`. */
  readonly #came: Deno.Signal[] = [];
  #isTaken = false;
  #onRequest: (request: Request) => void = (request) => void this.#kept.push(request);
  #isEnding = false;
  /** The request of this turn of the event loop. */
  #flow: "quiet" | "continue" | undefined;
  #last: { readonly signal: Deno.Signal; readonly at: number } | undefined;

  /** Starts to listen. */
  constructor() {
    const ignored = ignoredSignals();
    // They would end the process otherwise, as Deno takes over what was ignored.
    for (const signal of ignored) Deno.addSignalListener(signal, () => {});
    const heard = REQUESTS.filter(([signal]) => !ignored.has(signal));
    this.#listeners = heard.map(([signal, request]) => [signal, () => {
      if (!this.#isTaken) this.#came.push(signal);
      this.#take(signal, request);
    }]);
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Whether a signal has asked the process to end. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Calls `onRequest` for each request: first, in order, for those that came before. */
  handOver(onRequest: (request: Request) => void): void {
    this.#isTaken = true;
    this.#onRequest = onRequest;
    this.#kept.splice(0).forEach(onRequest);
  }

  /** Stops listening: signals have their usual effect, also those that came before. */
  letGo(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    for (const signal of this.#came.splice(0)) Deno.kill(Deno.pid, signal);
  }

  #take(signal: Deno.Signal, request: Request): void {
    if (request === "quiet" || request === "continue") return this.#changeFlow(request);
    if (request === "status") return this.#onRequest(request);
    if (this.#isEcho(signal)) return;
    if (request === "abort" && !this.#isEnding) this.#onRequest("stop");
    this.#onRequest(this.#isEnding ? "abort" : request);
    this.#isEnding = true;
  }

  /**
   * When SIGTSTP and SIGCONT come in one turn of the event loop, their order is unknown. SIGCONT
   * wins, because a queue that is quiet by mistake is worse than one that is not.
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
