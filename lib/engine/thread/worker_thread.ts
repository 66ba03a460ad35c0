/**
 * One thread with a queue's worker in it, as the main thread sees it, from its start to its end:
 * loads the worker and sets it up within limits of time, passes on what it says of its jobs,
 * publishes for it, closes what it opened, ends it.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import type { PublishBody } from "../host/host.ts";
import type { LoopListener } from "../host/loops.ts";
import { followLogLevel } from "../../log/log.ts";
import { LineRelay } from "../../log/line_relay.ts";
import { LATE_MS } from "../../system/lateness.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { programModule } from "../../system/program_files.ts";
import { Imports } from "./imports.ts";
import { LivenessLock } from "./liveness_lock.ts";
import {
  type Described,
  type FromThread,
  isFromThread,
  type JobsAnswer,
  type ThreadData,
  type ToThread,
} from "./messages.ts";
import { hearPass } from "./passes.ts";
import { failureOf } from "./publish_failure.ts";
import { BLOCKED_MS, type JobState, Responsiveness } from "./responsiveness.ts";
import type { SharedMemory } from "./shared_runs.ts";
import { deathBy, exited, OUT_OF_MEMORY, type ThreadEnd } from "./thread_end.ts";

/** What a {@linkcode WorkerThread} is made of. None of the functions may throw. */
export interface WorkerThreadOptions {
  readonly data: Omit<ThreadData, "pulse" | "livenessLock" | "lines">;
  /** The most its heap may hold, in MB. */
  readonly maxHeapMb: number;
  /** Publishes an event; resolves when the broker has confirmed it. */
  readonly publish: PublishBody;
  /** Hears of the passes of loops. */
  readonly loops: LoopListener;
  /** Something threw outside of any event. */
  readonly onUnhandledError: (error: ErrorData) => void;
  /** More threw than are reported one by one. */
  readonly onMoreUnhandledErrors: (count: number) => void;
}

type PublishMessage = Extract<FromThread, readonly ["publish", ...unknown[]]>;

/** How long a thread may take to load its worker, in ms. */
const LOAD_MS = 30_000;
/** How long a worker's setup may take, in ms: it may have to wait for what it needs. */
const SETUP_MS = 300_000;
/** How long the runtime may take to end a thread, in ms. */
const TERMINATE_MS = 500;
/** The program of a thread. */
const ENTRY = programModule("lib/engine/thread/entry");

/** A thread that runs, or has run. */
export class WorkerThread {
  readonly #options: WorkerThreadOptions;
  readonly #worker: Worker;
  readonly #lock: LivenessLock;
  readonly #lines = new LineRelay();
  readonly #responsiveness = new Responsiveness();
  readonly #described = Promise.withResolvers<Described | undefined>();
  readonly #ready = Promise.withResolvers<boolean>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ThreadEnd>();
  readonly #imports = new Imports();
  /**
   * Resolves when the worker is loaded, which then waits for {@linkcode setUp}; with `undefined`
   * when the thread has ended before.
   */
  readonly described: Promise<Described | undefined> = this.#described.promise;
  /** Resolves when the worker is set up and the thread takes jobs; with `false` when it ended before. */
  readonly ready: Promise<boolean> = this.#ready.promise;
  /**
   * Resolves when the thread has ended, could not start its worker, or has to be ended. Never
   * rejects.
   */
  readonly ended: Promise<ThreadEnd> = this.#ended.promise;
  #onAnswer: ((answer: JobsAnswer) => void) | undefined;
  #limit: ReturnType<typeof setTimeout>;
  #isOver = false;
  #stopped: Promise<boolean> | undefined;

  /**
   * Starts the thread, which loads its worker.
   *
   * @throws {Error} When `STATE_DIR` cannot be written.
   */
  constructor(options: WorkerThreadOptions) {
    this.#options = options;
    this.#lock = new LivenessLock(options.data.config.stateDir);
    this.#worker = this.#startWorker();
    this.#worker.on("message", (message: unknown) => this.#take(message));
    this.#worker.on("error", (error: unknown) => this.#die(error));
    this.#worker.on("exit", (code: number) => this.#die(exited(code)));
    this.#limit = this.#fail("The worker's file did not load within", LOAD_MS);
    const { level } = options.data.config.log;
    const endLevels = followLogLevel(level, (changed) => this.post(["log level", changed]));
    void this.ended.then(() => {
      endLevels();
      this.#described.resolve(undefined);
      this.#ready.resolve(false);
    });
  }

  #startWorker(): Worker {
    const { data, maxHeapMb } = this.#options;
    const memory = { pulse: this.#responsiveness.pulse.buffer, lines: this.#lines.memory };
    const workerData: ThreadData = { ...data, ...memory, livenessLock: this.#lock.path };
    const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb };
    try {
      return new Worker(ENTRY, { workerData, name: data.queue, resourceLimits });
    } catch (error) {
      this.#lock[Symbol.dispose]();
      this.#lines[Symbol.dispose]();
      throw error;
    }
  }

  /** It has to be ended, for a reason that it cannot know; it still has to be stopped. */
  end(end: ThreadEnd): void {
    this.#ended.resolve(end);
  }

  /** The heap that the worker uses, in MB. */
  get heapMb(): number {
    return this.#responsiveness.pulse.heapUsedMb;
  }

  /** Whether its event loop may be blocked, so that several events may only seem to run too long. */
  get isLate(): boolean {
    return this.#responsiveness.silentMs > LATE_MS;
  }

  /** For how long it has neither run a job nor responded, in ms. */
  get unresponsiveMs(): number {
    return this.#responsiveness.unresponsiveMs;
  }

  /**
   * Checks whether it responds. Call this every 250 ms.
   *
   * @param now `performance.now()`
   * @param lateMs How late this call comes, in ms: the process was stopped or busy, and so perhaps
   * was the thread.
   * @param jobs What it does with its jobs.
   */
  sweep(now: number, lateMs: number, jobs: JobState): void {
    this.#responsiveness.sweep(now, lateMs, jobs);
  }

  /** Sends a message; a thread that has ended gets none. */
  post(message: ToThread): void {
    if (!this.#isOver) this.#worker.postMessage(message);
  }

  /**
   * Has the worker open what it needs.
   *
   * @param memory The memory for what it says of its jobs.
   * @param description The numbers it is run by.
   * @param onAnswer Takes the rest of what it says of its jobs. It must not throw.
   */
  setUp(
    memory: SharedMemory,
    description: WorkerDescription,
    onAnswer: (answer: JobsAnswer) => void,
  ): void {
    this.#onAnswer = onAnswer;
    this.#imports.setUp();
    clearTimeout(this.#limit);
    this.#limit = this.#fail("The worker's setup did not finish within", SETUP_MS);
    this.post(["setup", performance.now(), memory, description]);
  }

  /**
   * Has the worker close what it opened. A thread that is blocked is not asked.
   *
   * @param limitMs How long that may take. @default {1500}
   * @returns Whether nothing is left to wait for: it is closed, or the thread blocked or stopped.
   */
  async close(limitMs: number = BLOCKED_MS): Promise<boolean> {
    if (this.#responsiveness.silentMs > BLOCKED_MS) return true;
    this.post(["close"]);
    return await within(limitMs, this.#closed.promise) !== TOO_LATE;
  }

  /**
   * Ends it, at once or when its worker is loaded; called again, answers the same.
   *
   * @param isAtExit The process ends next, which ends the thread too: one that still imports then
   * is not terminated, as that may crash the process.
   * @returns Whether it is gone. Native code goes on, and so does whatever does not wait where the
   * runtime has no Web Locks.
   */
  async stop(isAtExit: boolean = false): Promise<boolean> {
    clearTimeout(this.#limit);
    this.#isOver = true;
    this.#closed.resolve();
    this.#ended.resolve({ kind: "stopped" });
    return await (this.#stopped ??= this.#terminate(isAtExit));
  }

  async #terminate(isAtExit: boolean): Promise<boolean> {
    const isSettled = await this.#imports.settled();
    if (isAtExit && !isSettled) return this.#leaveToExit();
    await within(TERMINATE_MS, this.#worker.terminate());
    this.#lines[Symbol.dispose]();
    return await this.#lock.isReleased();
  }

  /** A process that goes on all the same ends it when it imports nothing any more. */
  #leaveToExit(): boolean {
    void this.#imports.ended.then(() => this.#worker.terminate());
    this.#lines[Symbol.dispose]();
    this.#lock[Symbol.dispose]();
    return true;
  }

  /** What is not one of the program's messages is ignored: a worker may send anything. */
  #take(message: unknown): void {
    this.#lines.pass();
    if (!isFromThread(message)) return;
    this.#imports.heard(message);
    if (this.#isOver) return;
    if (message === 0) return this.#answered(message);
    switch (message[0]) {
      case "outcome":
      case "stopped":
        return this.#answered(message);
      case "pass began":
      case "pass ended":
      case "pass failed":
        return hearPass(this.#options.loops, message);
      case "publish":
        return void this.#publish(message);
      case "unhandled error":
        return this.#options.onUnhandledError(message[1]);
      case "more unhandled errors":
        return this.#options.onMoreUnhandledErrors(message[1]);
      case "heap full":
        return this.#die({ code: OUT_OF_MEMORY });
      default:
        return this.#onProgress(message);
    }
  }

  #answered(answer: JobsAnswer): void {
    this.#responsiveness.answered();
    this.#onAnswer?.(answer);
  }

  #onProgress(message: Exclude<FromThread, 0>): void {
    switch (message[0]) {
      case "started":
        return this.#lock.taken(message[1] || undefined);
      case "described":
        return this.#described.resolve(message[1]);
      case "ready":
        clearTimeout(this.#limit);
        this.#responsiveness.ready(performance.now());
        return this.#ready.resolve(true);
      case "failed":
        return this.#ended.resolve({ kind: "not started", error: message[1] });
      case "closed":
        return this.#closed.resolve();
    }
  }

  async #publish([_kind, number, queue, body, id]: PublishMessage): Promise<void> {
    try {
      await this.#options.publish(queue, body, id || undefined);
      this.post(["published", number, null]);
    } catch (error) {
      this.post(["published", number, failureOf(error)]);
    }
  }

  #fail(what: string, ms: number): ReturnType<typeof setTimeout> {
    const error = { name: "TooSlow", message: `${what} ${ms / 1000} s` };
    return setTimeout(() => this.end({ kind: "not started", error }), ms);
  }

  #die(error: unknown): void {
    this.#imports.end();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#lines.pass();
    clearTimeout(this.#limit);
    this.#ended.resolve(deathBy(errorData(error), this.#options.maxHeapMb));
  }
}
