/**
 * The main thread's side of the dashboard's thread: starts it when something is asked, ends it when
 * nothing was for a while, and loads workers to know what of their events is secret.
 *
 * @module
 */

import { hostname } from "node:os";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { FailedFilter } from "../../command_line/failed_filter.ts";
import type { Config } from "../../config/config.ts";
import type { SiftProgress } from "../../engine/broker/sift.ts";
import type { Reporter } from "../../engine/report.ts";
import { errorData } from "../../errors/error_data.ts";
import { log } from "../log_line.ts";
import type { FailedPage, RowQuery } from "../../operations/failed/scan.ts";
import type { FailedEvent } from "../../operations/failed/shown.ts";
import type { TaskEnd, TaskOrder } from "../../operations/failed/task.ts";
import type { FailedEvents, Peeked, RunOptions } from "../../server/failed_events.ts";
import { HttpError } from "../../server/http_error.ts";
import { within } from "../../system/deadline.ts";
import { programModule } from "../../system/program_files.ts";
import { mayLoad } from "../folders.ts";
import { findQueue, type KnownQueue, type Services } from "../services.ts";
import type { DeskData, DeskRequest, FromDesk, Secrets, ToDesk } from "./desk_messages.ts";

/** What the dashboard's thread is started with. */
export interface DeskClientOptions {
  readonly config: Config;
  readonly services: Pick<Services, "listQueues" | "tryWorker">;
  /** Takes the reports of its connection. */
  readonly report: Reporter;
}

/** Something that was asked. */
interface Asked extends PromiseWithResolvers<unknown> {
  /** The thread that answers. */
  readonly worker: Worker;
  readonly onProgress: ((progress: SiftProgress) => void) | undefined;
}

/** How long the thread lives without being asked, in ms. Its scans end with it. */
const IDLE_MS = 600_000;
/** How long it may take to confirm what is under way and to close its connection, in ms. */
const CLOSE_MS = 5000;
/** The most that its heap may hold, in MB. */
const MAX_HEAP_MB = 512;
const ENTRY = programModule("lib/modes/dashboard/desk_thread");

/** Works on events in a thread of its own. */
export class DeskClient implements FailedEvents, AsyncDisposable {
  readonly #options: DeskClientOptions;
  readonly #asked = new Map<number, Asked>();
  /** The workers' secrets, which do not change while the process lives. */
  readonly #secrets = new Map<string, Promise<Secrets>>();
  #worker: Worker | undefined;
  /** Threads that are asked to end. */
  readonly #closing = new Map<Worker, PromiseWithResolvers<void>>();
  #nextId = 1;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** @param options What it is started with. */
  constructor(options: DeskClientOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  async page(queue: string, query: RowQuery, isFresh: boolean): Promise<FailedPage> {
    const secrets = await this.#secretsOf(queue);
    return await this.#ask({ kind: "page", queue, secrets, query, isFresh }) as FailedPage;
  }

  /** @inheritdoc */
  async show(queue: string, handle: string, isRaw: boolean): Promise<FailedEvent> {
    const secrets = await this.#secretsOf(queue);
    return await this.#ask({ kind: "show", queue, secrets, handle, isRaw }) as FailedEvent;
  }

  /** @inheritdoc */
  async lines(
    queue: string,
    filter: FailedFilter,
    contains?: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const secrets = await this.#secretsOf(queue);
    const request = { kind: "lines", queue, secrets, filter, contains } as const;
    return await this.#ask(request) as Uint8Array<ArrayBuffer>;
  }

  /** @inheritdoc */
  async peek(queue: string, limit: number, countsDelivery: boolean): Promise<Peeked> {
    const secrets = await this.#secretsOf(queue);
    return await this.#ask({ kind: "peek", queue, secrets, limit, countsDelivery }) as Peeked;
  }

  /** A new body must be an event of its queue's worker, where that is known here. */
  async check(order: TaskOrder): Promise<void> {
    if (order.kind === "scan" || order.body === undefined) return;
    const { body, queue, to = queue } = order;
    requireJson(body);
    const worker = await this.#workerOf(to);
    if (worker) await this.#ask({ kind: "fits", worker, body });
  }

  /** @inheritdoc */
  async run(order: TaskOrder, { by, signal, onProgress }: RunOptions): Promise<TaskEnd> {
    const secrets = await this.#secretsOf(order.queue);
    const request: DeskRequest = {
      kind: "task",
      secrets,
      order,
      by: `${by} by the dashboard on ${hostname()}`,
    };
    return await this.#ask(request, { signal, onProgress }) as TaskEnd;
  }

  /** Ends what is under way as an interrupted command ends, and then the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (!worker) return;
    // What is asked from now on starts another one.
    this.#worker = undefined;
    const closed = Promise.withResolvers<void>();
    this.#closing.set(worker, closed);
    worker.postMessage(["close"] satisfies ToDesk);
    await within(CLOSE_MS, closed.promise);
    this.#closing.delete(worker);
    this.#end(worker, "the process stops");
  }

  async #ask(
    request: DeskRequest,
    { signal, onProgress }: Partial<Omit<RunOptions, "by">> = {},
  ): Promise<unknown> {
    const id = this.#nextId++;
    const worker = this.#worker ??= this.#start();
    const asked: Asked = { ...Promise.withResolvers<unknown>(), worker, onProgress };
    this.#asked.set(id, asked);
    clearTimeout(this.#idle);
    const post = (message: ToDesk) => worker.postMessage(message);
    const abort = () => post(["abort", id]);
    try {
      post(["ask", id, request]);
      signal?.addEventListener("abort", abort, { once: true });
      if (signal?.aborted) abort();
      return await asked.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#asked.delete(id);
      if (this.#asked.size === 0) this.#rest();
    }
  }

  /** Ends the thread if nothing is asked for a while. */
  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this[Symbol.asyncDispose](), IDLE_MS);
    Deno.unrefTimer(this.#idle as unknown as number);
  }

  #start(): Worker {
    const { config } = this.#options;
    const name = `process-queue dashboard ${hostname()}:${Deno.pid}`;
    const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB };
    const workerData: DeskData = { config, name };
    const worker = new Worker(ENTRY, { workerData, name: "dashboard", resourceLimits });
    worker.on("message", (message: FromDesk) => this.#take(worker, message));
    worker.on("error", (error: unknown) => this.#end(worker, errorData(error).message));
    worker.on("exit", () => this.#end(worker, "it has ended"));
    return worker;
  }

  #take(worker: Worker, message: FromDesk): void {
    if (message[0] === "report") return this.#options.report(message[1]);
    if (message[0] === "closed") return this.#closing.get(worker)?.resolve();
    const asked = this.#asked.get(message[1]);
    if (message[0] === "progress") asked?.onProgress?.(message[2]);
    else if (message[0] === "answer") asked?.resolve(message[2]);
    else asked?.reject(new HttpError(message[2], message[3]));
  }

  /** What the thread was asked is not answered. */
  #end(worker: Worker, reason: string): void {
    if (this.#worker === worker) this.#worker = undefined;
    this.#closing.get(worker)?.resolve();
    worker.removeAllListeners();
    void worker.terminate();
    const message = `The dashboard's thread has ended: ${reason}. Ask again`;
    for (const asked of this.#asked.values()) {
      if (asked.worker === worker) asked.reject(new HttpError("unavailable", message));
    }
  }

  async #workerOf(queue: string): Promise<KnownQueue | undefined> {
    const { config, services } = this.#options;
    const found = findQueue(queue, await services.listQueues(config.workersDir));
    return found && mayLoad(config, found.file) ? found : undefined;
  }

  #secretsOf(queue: string): Promise<Secrets> {
    const known = this.#secrets.get(queue) ?? this.#loadSecrets(queue);
    this.#secrets.set(queue, known);
    known.catch(() => this.#secrets.delete(queue));
    return known;
  }

  async #loadSecrets(queue: string): Promise<Secrets> {
    const { config, services } = this.#options;
    const worker = await this.#workerOf(queue);
    if (!worker) return null;
    const { problem, secrets } = await services.tryWorker(worker, config);
    if (problem === undefined) return secrets;
    const message = "Of the events of {queue} only types and lengths are shown, as the worker in " +
      "{folder} is not loaded: {problem}";
    log("warning", message, { queue, folder: dirname(worker.file), problem });
    return null;
  }
}

/** @throws {HttpError} `bad_request` */
function requireJson(body: string): void {
  try {
    JSON.parse(body);
  } catch (error) {
    throw new HttpError("bad_request", `The new body is not JSON: ${errorData(error).message}`);
  }
}
