/**
 * The program of the thread of the dashboard, which works on events: see `desk.ts`.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { BrokerError } from "../../engine/broker/broker.ts";
import { loadWorker } from "../../engine/host/discovery.ts";
import { parseEvent } from "../../engine/executor/parse.ts";
import type { Report } from "../../engine/report.ts";
import { errorData } from "../../errors/error_data.ts";
import { type ErrorCode, HttpError } from "../../server/http_error.ts";
import { openBroker } from "../open_broker.ts";
import { type AskOptions, Desk } from "./desk.ts";
import type { DeskData, DeskRequest, FromDesk, ToDesk } from "./desk_messages.ts";

/** What a thread has; it has no `self`. */
declare const globalThis: {
  postMessage(message: FromDesk, transfer?: readonly ArrayBufferLike[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: ToDesk }) => void): void;
};

const say = globalThis.postMessage.bind(globalThis);

/** Answers what the main thread asks. */
class DeskThread {
  readonly #desk: Desk;
  readonly #asked = new Map<number, { readonly abort: AbortController; done?: Promise<void> }>();

  constructor({ config, name }: DeskData) {
    // A page waits for the answer: a broker that is away is said at once.
    const { kind, url } = config.broker;
    const meant = url === undefined ? "embedded" : kind;
    const once = { ...config, broker: { ...config.broker, kind: meant, waitSeconds: 0 } };
    // That it connects is no news: the process itself is connected.
    const report = (report: Report) => {
      if (report.kind !== "notice" || report.level !== "info") say(["report", report]);
    };
    this.#desk = new Desk({ config, open: () => openBroker(once, { name, report }) });
  }

  take(message: ToDesk): void {
    if (message[0] === "ask") this.#ask(message[1], message[2]);
    else if (message[0] === "abort") this.#asked.get(message[1])?.abort.abort();
    else void this.#close();
  }

  #ask(id: number, request: DeskRequest): void {
    const abort = new AbortController();
    const entry: { readonly abort: AbortController; done?: Promise<void> } = { abort };
    this.#asked.set(id, entry);
    const options: AskOptions = {
      signal: abort.signal,
      onProgress: ({ scanned, of, removed }) => say(["progress", id, { scanned, of, removed }]),
    };
    entry.done = this.#answer(request, options).then(
      (value) => say(["answer", id, value], value instanceof Uint8Array ? [value.buffer] : []),
      (error) => say(["error", id, ...wordsOf(error)]),
    ).finally(() => this.#asked.delete(id));
  }

  async #answer(request: DeskRequest, options: AskOptions): Promise<unknown> {
    switch (request.kind) {
      case "page":
        return await this.#desk.page(request);
      case "show":
        return await this.#desk.show(request);
      case "lines":
        return new TextEncoder().encode(await this.#desk.lines(request));
      case "peek":
        return await this.#desk.peek(request);
      case "fits":
        return await requireFit(request);
      case "task":
        return await this.#runTask(request, options);
    }
  }

  async #runTask(
    { order, secrets, by }: Extract<DeskRequest, { kind: "task" }>,
    options: AskOptions,
  ): Promise<unknown> {
    if (order.kind === "scan") return await this.#desk.scan(order, secrets, options);
    return await this.#desk.repair({ order, by, secrets }, options);
  }

  async #close(): Promise<void> {
    const all = [...this.#asked.values()];
    for (const { abort } of all) abort.abort();
    await Promise.all(all.map(({ done }) => done));
    await this.#desk[Symbol.asyncDispose]().catch(() => {});
    say(["closed"]);
  }
}

/** Loads the worker, and has its schema parse the event. @throws {Error} Where it does not fit. */
async function requireFit(
  { worker, body }: Extract<DeskRequest, { kind: "fits" }>,
): Promise<void> {
  const { event } = await loadWorker(worker);
  parseEvent(body, event, Infinity);
}

function wordsOf(error: unknown): readonly [code: ErrorCode, message: string] {
  const { name, message } = errorData(error);
  if (error instanceof HttpError) return [error.code, message];
  if (error instanceof BrokerError) {
    const isState = error.kind === "locked" || error.kind === "refused";
    return [isState ? "conflict" : "unavailable", message];
  }
  if (name === "InvalidEvent") return ["bad_request", message];
  return ["internal", message];
}

const thread = new DeskThread(workerData as DeskData);
globalThis.addEventListener("message", ({ data }) => thread.take(data));
