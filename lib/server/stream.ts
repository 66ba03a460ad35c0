/**
 * Server-sent events: a snapshot every two seconds, failures and changes of tasks as they come.
 *
 * @module
 */

import type { FailureListener, FailureNotice } from "../monitoring/failure_feed.ts";
import { withoutErrors } from "../monitoring/snapshot.ts";
import { HttpError } from "./http_error.ts";
import type { ProcessControl } from "./process_control.ts";
import type { TaskListener } from "./tasks.ts";

/** What streams are made of. */
export interface StreamSource {
  /** The value of the event `snapshot`. @param seesErrors Whether its reader may see errors. */
  snapshot(seesErrors: boolean): unknown;
  /** Hears of failures. @returns A function that ends that. */
  onFailure(listener: FailureListener): () => void;
  /** Hears of tasks. @returns A function that ends that. */
  onTask?(listener: TaskListener): () => void;
  /** Told when the first reader comes, and when the last has gone. */
  setWatched?(isWatched: boolean): void;
  /** Where else the snapshot is: `/v1/snapshot`. */
  readonly path: string;
}

/** How streams are sent. */
export interface StreamsOptions {
  readonly source: StreamSource;
  /** The most streams at once. @default {20} */
  readonly most?: number;
  /** The time between two snapshots, in ms. @default {2000} */
  readonly everyMs?: number;
}

/** A client that reads a stream. */
interface Client {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** Whether it may see errors and ids of events. */
  readonly seesErrors: boolean;
}

const MOST_STREAMS = 20;
const EVERY_MS = 2000;
/** The most failures that are sent in a second; of the others only the number. */
const MOST_FAILURES = 10;
/** How many events a client may be behind before it misses some. */
const MOST_BEHIND = 16;

const encoder = new TextEncoder();

/** The streams of one door. Nothing runs while there is none. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #clients = new Set<Client>();
  #timers: ReturnType<typeof setInterval>[] = [];
  #endListening: readonly (() => void)[] = [];
  /** Failures in this second. */
  #failures = 0;

  /** @param options What is sent. */
  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** How many streams are open. */
  get count(): number {
    return this.#clients.size;
  }

  /**
   * Opens a stream.
   *
   * @param seesErrors Whether its reader may see errors and ids of events.
   * @throws {HttpError} `unavailable` where there are too many.
   */
  open(seesErrors: boolean): Response {
    const { most = MOST_STREAMS, source: { path } } = this.#options;
    if (this.#clients.size >= most) {
      const message = `There are ${most} streams already: close one, or ask ${path}`;
      throw new HttpError("unavailable", message, { "Retry-After": "30" });
    }
    let client: Client;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => this.#add(client = { controller, seesErrors }),
      cancel: () => this.#remove(client),
    }, { highWaterMark: MOST_BEHIND });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }

  /** Ends all streams. */
  close(): void {
    for (const client of [...this.#clients]) {
      this.#remove(client);
      client.controller.close();
    }
  }

  #add(client: Client): void {
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#start();
    this.#sendSnapshots([client]);
  }

  #remove(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#stop();
  }

  #start(): void {
    const { everyMs = EVERY_MS, source } = this.#options;
    this.#timers = [
      setInterval(() => this.#sendSnapshots([...this.#clients]), everyMs),
      setInterval(() => this.#endSecond(), 1000),
    ];
    this.#endListening = [
      source.onFailure((failure) => this.#failed(failure)),
      source.onTask?.((task) => send(this.#readers(), "task", task)) ?? (() => {}),
    ];
    source.setWatched?.(true);
  }

  #stop(): void {
    this.#timers.splice(0).forEach(clearInterval);
    for (const end of this.#endListening) end();
    this.#failures = 0;
    this.#options.source.setWatched?.(false);
  }

  /** The text is made once for all who may see the same. */
  #sendSnapshots(clients: readonly Client[]): void {
    for (const seesErrors of [true, false]) {
      const readers = clients.filter((client) => client.seesErrors === seesErrors);
      if (readers.length > 0) send(readers, "snapshot", this.#options.source.snapshot(seesErrors));
    }
  }

  #failed(failure: FailureNotice): void {
    if (++this.#failures <= MOST_FAILURES) send(this.#readers(), "failure", failure);
  }

  #endSecond(): void {
    const more = this.#failures - MOST_FAILURES;
    this.#failures = 0;
    if (more > 0) send(this.#readers(), "more", { count: more });
  }

  #readers(): Client[] {
    return [...this.#clients].filter(({ seesErrors }) => seesErrors);
  }
}

/** The snapshots and failures of a process. */
export function processSource(control: Pick<ProcessControl, "snapshot" | "onFailure">) {
  return {
    path: "/v1/snapshot",
    snapshot(seesErrors) {
      const snapshot = control.snapshot();
      return seesErrors ? snapshot : withoutErrors(snapshot);
    },
    onFailure: (listener) => control.onFailure(listener),
  } satisfies StreamSource;
}

/** A client that does not read misses events, and costs no memory for them. */
function send(clients: readonly Client[], event: string, data: unknown): void {
  if (clients.length === 0) return;
  const bytes = encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  for (const { controller } of clients) {
    if ((controller.desiredSize ?? 0) > 0) controller.enqueue(bytes);
  }
}
