/**
 * One inner thread from its start to its end, as the thread that made it sees it.
 *
 * @module
 */

import { type Transferable, Worker } from "node:worker_threads";
import type { Config } from "../../config/config.ts";
import { type ErrorData, errorData, errorFrom } from "../../errors/error_data.ts";
import { type LineOutput, LineRelay } from "../../log/line_relay.ts";
import { eventLogger } from "../../log/log.ts";
import type { StandardFd } from "../../log/stream.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { programModule } from "../../system/program_files.ts";
import { type InnerRunOptions, InnerThreadEnded } from "../../worker.ts";
import { Imports } from "./imports.ts";
import { type FromInner, type InnerData, isFromInner, type ToInner } from "./inner_messages.ts";
import { Pulse } from "./pulse.ts";
import { OUT_OF_MEMORY } from "./thread_end.ts";

/** What an inner thread is made of. */
export interface InnerOptions {
  /** Names it in messages. */
  readonly name: string;
  readonly module: URL;
  readonly queue: string;
  readonly workerNum: number;
  readonly config: Config;
  /** The most its heap may hold, in MB. */
  readonly maxHeapMb: number;
  /** Where its lines go. @default {to the streams of the process} */
  readonly outputOf?: ((fd: StandardFd) => LineOutput) | undefined;
}

/** How long an inner thread may take to load its module, in ms. */
const LOAD_MS = 30_000;
/** How long the runtime may take to end a thread, in ms. */
const TERMINATE_MS = 500;
/** The program of an inner thread. */
const ENTRY = programModule("lib/engine/thread/inner_entry");

/** A call of the module's function. */
interface Call extends PromiseWithResolvers<unknown> {
  readonly onProgress: ((value: unknown) => void) | undefined;
}

/** An inner thread that runs, or has run. */
export class InnerLife {
  readonly #options: InnerOptions;
  readonly #pulse = new Pulse();
  readonly #lines: LineRelay;
  readonly #worker: Worker;
  readonly #loaded = Promise.withResolvers<void>();
  readonly #imports = new Imports();
  #isLoaded = false;
  #call: Call | undefined;
  /** Why it has ended. */
  #ended: InnerThreadEnded | undefined;
  #terminated: Promise<void> | undefined;

  /** Starts it. */
  constructor(options: InnerOptions) {
    const { module, queue, workerNum, config, maxHeapMb, outputOf, name } = options;
    this.#options = options;
    this.#lines = new LineRelay(outputOf);
    const memory = { pulse: this.#pulse.buffer, lines: this.#lines.memory };
    const workerData: InnerData = { module: module.href, queue, workerNum, config, ...memory };
    const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb };
    this.#worker = new Worker(ENTRY, { workerData, name, resourceLimits });
    this.#worker.on("message", (message: unknown) => this.#take(message));
    this.#worker.on("error", (error: unknown) => this.#die(errorData(error)));
    this.#worker.on("exit", (code: number) => this.#exited(code));
    this.#loaded.promise.catch(() => {});
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The heap that it uses, in MB. */
  get heapMb(): number {
    return this.#ended ? 0 : this.#pulse.heapUsedMb;
  }

  /** Resolves when its module is loaded. @throws {InnerThreadEnded} When that does not load. */
  async loaded(): Promise<void> {
    if (await within(LOAD_MS, this.#loaded.promise) !== TOO_LATE) return;
    this.#end("crashed", `did not load its module within ${LOAD_MS / 1000} s`);
    await this.#loaded.promise;
  }

  /**
   * Calls the module's function; there must be no other call.
   *
   * @param graceMs How long it may go on after its signal is aborted.
   * @throws {InnerThreadEnded} When it has ended, or ends meanwhile.
   */
  async call(input: unknown, options: InnerRunOptions, graceMs: number): Promise<unknown> {
    if (this.#ended) throw this.#ended;
    const { signal, transfer = [], onProgress } = options;
    const call = this.#call = { ...Promise.withResolvers<unknown>(), onProgress };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = () => {
      this.#post(["abort", errorData(signal?.reason)]);
      const hung = `did not return within ${graceMs / 1000} s after it was aborted`;
      timer = setTimeout(() => this.#end("hung", hung), graceMs);
    };
    try {
      this.#post(["run", input], transfer);
      signal?.addEventListener("abort", onAbort);
      return await call.promise;
    } finally {
      this.#call = undefined;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends it, in whatever state it is: at once, or when its module is loaded. */
  async close(): Promise<void> {
    this.#end("closed", "was closed");
    await this.#terminate();
  }

  #terminate(): Promise<void> {
    return this.#terminated ??= this.#imports.settled().then(async () => {
      this.#lines[Symbol.dispose]();
      await within(TERMINATE_MS, this.#worker.terminate());
    });
  }

  #post(message: ToInner, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(message, [...transfer]);
  }

  #take(message: unknown): void {
    this.#lines.pass();
    if (!isFromInner(message)) return;
    if (message[0] === "loaded" || message[0] === "not loaded") this.#imports.end();
    if (!this.#ended) this.#hear(message);
  }

  #hear(message: FromInner): void {
    switch (message[0]) {
      case "loaded":
        this.#isLoaded = true;
        return this.#loaded.resolve();
      case "not loaded":
        return this.#end("crashed", `cannot start: ${this.#options.module} ${message[1]}`);
      case "progress":
        return this.#call?.onProgress?.(message[1]);
      case "returned":
        return this.#call?.resolve(message[1]);
      case "threw":
        return this.#call?.reject(errorFrom(message[1]));
      case "unhandled error":
        return this.#threwOutside(message[1]);
      case "heap full":
        return this.#die({ name: "", message: "", code: OUT_OF_MEMORY });
    }
  }

  #threwOutside(error: ErrorData): void {
    const text = `threw outside of its function: ${error.name}: ${error.message}`;
    this.#end("crashed", text, errorFrom(error));
  }

  #exited(code: number): void {
    this.#imports.end();
    this.#end("crashed", `ended by itself, with exit code ${code}`);
  }

  #die(error: ErrorData): void {
    this.#imports.end();
    if (error.code !== OUT_OF_MEMORY) {
      return this.#end("crashed", `ended: ${error.name}: ${error.message}`, errorFrom(error));
    }
    const { maxHeapMb } = this.#options;
    this.#end(
      "out of memory",
      `used more than its ${maxHeapMb} MB of heap: let it hold less at once, or raise maxHeapMb`,
    );
  }

  /** Whatever goes on in it is ended too. */
  #end(reason: InnerThreadEnded["reason"], what: string, cause?: unknown): void {
    if (this.#ended) return;
    const { name, queue } = this.#options;
    const message = `The thread ${name} of ${queue} ${what}`;
    const ended = this.#ended = new InnerThreadEnded(reason, message, { cause });
    this.#loaded.reject(ended);
    if (this.#call) this.#call.reject(ended);
    else if (reason !== "closed" && this.#isLoaded) this.#warn(message);
    void this.#terminate();
  }

  /** Nobody waits for it, and so nobody else would say so. */
  #warn(message: string): void {
    const { queue, workerNum } = this.#options;
    eventLogger(queue, workerNum).warn(`${message}. The next call starts another`);
  }
}
