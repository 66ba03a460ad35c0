/**
 * One thread of a queue, from its birth to its end: loads the worker and sets it up within limits
 * of time, publishes for it, notices when it does not answer, closes what it opened.
 *
 * @module
 */

import { BrokerError } from "../broker/broker.ts";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import { LATE_MS } from "../../system/lateness.ts";
import type { FromThread, PublishFailure, ToThread } from "./messages.ts";
import type { SharedRuns } from "./shared_runs.ts";
import { type ThreadDeath, type ThreadOptions, WorkerThread } from "./worker_thread.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";

/** Hears of a thread, until that is stopped. None of these may throw. */
export interface QueueThreadListener {
  /** It lives; where it cannot be stopped the runtime has no Web Locks. */
  onBorn(canBeStopped: boolean): void;
  /** The worker is loaded; it waits for {@linkcode QueueThread.setUp}. */
  onDescribed(description: WorkerDescription, isActive: boolean): void;
  /** The worker is set up: the thread takes jobs. */
  onReady(): void;
  /** The worker could not be loaded or set up, or not in time. */
  onFailure(error: ErrorData): void;
  /** Something threw outside of any event. */
  onStray(error: ErrorData): void;
  /** So many more threw than were told. */
  onMoreStrays(count: number): void;
  /** The thread came to its end by itself. */
  onDeath(death: ThreadDeath): void;
  /** What it says of jobs. */
  onJobs(message: FromThread): void;
}

/** What a {@linkcode QueueThread} is made of. */
export interface QueueThreadOptions extends Pick<ThreadOptions, "data" | "maxHeapMb"> {
  readonly listener: QueueThreadListener;
  /** Publishes an event; resolves when the broker has confirmed it. */
  readonly publish: (queue: string, body: string) => Promise<void>;
}

/** How long a thread may take to load its worker, in ms. */
const LOAD_MS = 30_000;
/** How long its setup may take, which may have to wait for what it needs, in ms. */
const SETUP_MS = 300_000;
/** A thread beats every 250 ms: so long without a beat, in ms, nothing more can be expected of it. */
const BLOCKED_MS = 1500;
const TOO_SLOW: ErrorData = {
  name: "TooSlow",
  message: `The worker's file did not load within ${LOAD_MS / 1000} s`,
};
const NO_SETUP: ErrorData = {
  name: "TooSlow",
  message: `The worker's setup did not end within ${SETUP_MS / 1000} s`,
};
/** The program of a thread. */
const ENTRY = new URL("./entry.ts", import.meta.url);

/** A thread with the worker of a queue in it. */
export class QueueThread {
  readonly #options: QueueThreadOptions;
  readonly #thread: WorkerThread;
  readonly #closed = Promise.withResolvers<void>();
  #limit: ReturnType<typeof setTimeout>;
  #beats = 0;
  #beatAt = performance.now();
  #stopped: Promise<boolean> | undefined;

  /**
   * Begins the thread, which loads its worker.
   *
   * @throws {Error} When `STATE_DIR` cannot be written.
   */
  constructor(options: QueueThreadOptions) {
    const { data, maxHeapMb, listener } = options;
    this.#options = options;
    this.#thread = new WorkerThread({
      entry: ENTRY,
      data,
      maxHeapMb,
      listener: {
        onMessage: (message) => this.#onMessage(message),
        onDeath: (death) => {
          clearTimeout(this.#limit);
          listener.onDeath(death);
        },
      },
    });
    this.#limit = setTimeout(() => listener.onFailure(TOO_SLOW), LOAD_MS);
  }

  /** MB of heap that the worker uses. */
  get heapMb(): number {
    return this.#thread.pulse.heapUsedMb;
  }

  /** Whether its event loop may be blocked: none of several events that run is blamed for sure. */
  get isLate(): boolean {
    return this.silentMs > LATE_MS;
  }

  /** Whether its event loop is blocked: it will not close what it opened. */
  get isBlocked(): boolean {
    return this.silentMs > BLOCKED_MS;
  }

  /** For how long its event loop has not turned, in ms, as far as was looked. */
  get silentMs(): number {
    return performance.now() - this.#beatAt;
  }

  /**
   * Looks for its beat; to be called every 250 ms.
   *
   * @param now `performance.now()`
   * @param lateMs For how long nobody looked: the process was stopped or busy, and the thread
   * perhaps too.
   */
  sweep(now: number, lateMs: number): void {
    const { pulse } = this.#thread;
    const { beats } = pulse;
    if (lateMs > 0) pulse.stopped(lateMs);
    if (beats !== this.#beats || lateMs > 0) this.#beatAt = now;
    this.#beats = beats;
  }

  /** Sends a message; a dead thread gets none. */
  post(message: ToThread): void {
    this.#thread.post(message);
  }

  /**
   * Has the worker open what it needs.
   *
   * @param shared The memory it tells of its jobs in.
   * @param description The numbers it is run by.
   */
  setUp(shared: SharedRuns, description: WorkerDescription): void {
    clearTimeout(this.#limit);
    this.#limit = setTimeout(() => this.#options.listener.onFailure(NO_SETUP), SETUP_MS);
    this.post(["setup", performance.now(), shared.memory, description]);
  }

  /**
   * Has the worker close what it opened.
   *
   * @param limitMs How long that may take; 1500 ms for a thread that answers is plenty.
   * @returns Whether that came in time. It did, too, when the thread was stopped meanwhile.
   */
  async close(limitMs: number = BLOCKED_MS): Promise<boolean> {
    this.post(["close"]);
    return await within(limitMs, this.#closed.promise) !== TOO_LATE;
  }

  /** Ends it at once. @returns Whether it is gone: see {@linkcode WorkerThread.stop}. */
  async stop(): Promise<boolean> {
    clearTimeout(this.#limit);
    this.#closed.resolve();
    return await (this.#stopped ??= this.#thread.stop());
  }

  #onMessage(message: FromThread): void {
    const { listener } = this.#options;
    if (message === 0) return listener.onJobs(message);
    switch (message[0]) {
      case "born":
        return listener.onBorn(message[1]);
      case "described":
        return listener.onDescribed(message[1], message[2]);
      case "ready":
        clearTimeout(this.#limit);
        return listener.onReady();
      case "failed":
        return listener.onFailure(message[1]);
      case "stray":
        return listener.onStray(message[1]);
      case "more strays":
        return listener.onMoreStrays(message[1]);
      case "publish":
        return void this.#publish(message[1], message[2], message[3]);
      case "closed":
        return this.#closed.resolve();
      default:
        return listener.onJobs(message);
    }
  }

  async #publish(number: number, queue: string, body: string): Promise<void> {
    try {
      await this.#options.publish(queue, body);
      this.post(["published", number, null]);
    } catch (error) {
      this.post(["published", number, failureOf(error)]);
    }
  }
}

function failureOf(error: unknown): PublishFailure {
  const data = errorData(error);
  return error instanceof BrokerError ? { ...data, brokerKind: error.kind } : data;
}
