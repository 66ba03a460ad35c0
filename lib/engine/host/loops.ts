/**
 * The loops of a worker: passes that run beside its events, one after another for each loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { hideRecent } from "../executor/current_run.ts";
import { within } from "../../system/deadline.ts";
import type { LoopOptions } from "../../worker.ts";
import { nextPass, type PassEnd } from "./next_pass.ts";

/** Hears of passes; none of these may throw. */
export interface LoopListener {
  /** A pass begins. @param maxSeconds Its limit, at which it is aborted. */
  began(loop: string, maxSeconds: number): void;
  /** A pass ended, and went well or was ended by a stop. */
  ended(loop: string): void;
  /** A pass failed. @param waitSeconds Seconds until the next one. */
  failed(loop: string, error: ErrorData, waitSeconds: number): void;
}

/** Hears of nothing. */
export const NO_LISTENER: LoopListener = { began() {}, ended() {}, failed() {} };

/** What {@linkcode Loops} need to run. */
export interface LoopsOptions {
  readonly queue: string;
  readonly listener: LoopListener;
  /** Calls `run` once after `ms`. @returns A function that prevents it. @default {a timer} */
  readonly after?: (ms: number, run: () => void) => () => void;
  /** Whether passes may begin now: not while an event must run with nothing beside it. */
  readonly mayBegin?: () => boolean;
}

/** The reason with which the signal of a pass is aborted at its limit. */
export class LoopTimeoutError extends Error {
  override readonly name = "LoopTimeoutError";
  /** @param seconds The limit. */
  constructor(queue: string, loop: string, seconds: number) {
    super(`A pass of the loop ${loop} of ${queue} did not end within ${seconds} s`);
  }
}

/** The reason with which the signal of a pass is aborted when the worker stops. */
export class LoopStoppedError extends Error {
  override readonly name = "LoopStoppedError";
  constructor() {
    super("The worker stops: the loop goes on when the worker runs again");
  }
}

/** How often to look whether passes may begin, in ms. */
const LOOK_MS = 100;

/** Runs loops until they are stopped. */
export class Loops {
  readonly #loops: readonly LoopOptions[];
  readonly #options: LoopsOptions;
  readonly #stop = new AbortController();
  readonly #stopped = Promise.withResolvers<void>();
  #ended: Promise<unknown> | undefined;

  /** @param loops What the worker's `setup` gave to `ctx.loop`. */
  constructor(loops: readonly LoopOptions[], options: LoopsOptions) {
    this.#loops = loops;
    this.#options = options;
  }

  /** Begins the first pass of each. */
  start(): void {
    this.#ended ??= Promise.all(this.#loops.map((loop) => this.#keepRunning(loop)));
  }

  /** Aborts the passes that run, and begins no more. @returns Resolves when they have ended. */
  async stop(): Promise<void> {
    this.#stop.abort(new LoopStoppedError());
    this.#stopped.resolve();
    await this.#ended;
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #keepRunning(loop: LoopOptions): Promise<void> {
    for (let failures = 0; !this.#isStopped;) {
      await this.#untilItMayBegin();
      if (this.#isStopped) return;
      const [end, thrown] = await this.#pass(loop);
      const next = nextPass(end, loop.everySeconds, failures);
      failures = next.failures;
      if (end === "failed") {
        this.#options.listener.failed(loop.name, errorData(thrown, hideRecent), next.waitSeconds);
      } else this.#options.listener.ended(loop.name);
      await this.#wait(next.waitSeconds * 1000);
    }
  }

  async #pass(loop: LoopOptions): Promise<[end: PassEnd, thrown?: unknown]> {
    this.#options.listener.began(loop.name, loop.maxSeconds);
    try {
      return [await runPass(loop, this.#options.queue, this.#stop.signal) ? "more" : "done"];
    } catch (error) {
      return this.#isStopped ? ["done"] : ["failed", error];
    }
  }

  async #untilItMayBegin(): Promise<void> {
    const { mayBegin = () => true } = this.#options;
    while (!this.#isStopped && !mayBegin()) await within(LOOK_MS, this.#stopped.promise);
  }

  /** Waits; at least so long that events have their turn. */
  async #wait(ms: number): Promise<void> {
    if (ms === 0) return await new Promise((resolve) => void setImmediate(resolve));
    const { after = afterTimer } = this.#options;
    const due = Promise.withResolvers<void>();
    const cancel = after(ms, due.resolve);
    await Promise.race([due.promise, this.#stopped.promise]);
    cancel();
  }
}

/**
 * Runs one pass, within its limit.
 *
 * @param stop Aborts it, too.
 * @returns Whether there is more to do now.
 * @throws {LoopTimeoutError} When it ended after its limit, however it did.
 * @throws What the pass throws.
 */
export async function runPass(
  { name, maxSeconds, run }: Pick<LoopOptions, "name" | "maxSeconds" | "run">,
  queue: string,
  stop?: AbortSignal,
): Promise<boolean> {
  const pass = new AbortController();
  const onStop = () => pass.abort(stop?.reason);
  const limit = new LoopTimeoutError(queue, name, maxSeconds);
  const timer = setTimeout(() => pass.abort(limit), maxSeconds * 1000);
  stop?.addEventListener("abort", onStop);
  if (stop?.aborted) onStop();
  try {
    const hasMore = await run(pass.signal);
    if (pass.signal.reason === limit) throw limit;
    return hasMore === true;
  } catch (error) {
    if (pass.signal.reason !== limit) throw error;
    if (error !== limit) limit.cause = error;
    throw limit;
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener("abort", onStop);
  }
}

function afterTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}
