/**
 * The event server: the queues of clients, the requests for them, and the files that keep them.
 *
 * @module
 */

import { ConfigError } from "../../config/problem.ts";
import { isKnownType, problemOfEvent } from "../../domain/realtime/event_types/event_types.ts";
import { heartbeatSeconds } from "../../domain/realtime/heartbeat.ts";
import type { Notice } from "../../domain/realtime/notice.ts";
import type { NoticeEvent } from "../../domain/realtime/notice_events.ts";
import type { Medium } from "../../domain/realtime/notified.ts";
import type { WorkerContext } from "../../worker.ts";
import { errorData } from "../../errors/error_data.ts";
import { ApiError, failure } from "./answers.ts";
import { Api } from "./api.ts";
import { EventQueues } from "./event_queues.ts";
import { HttpServer, type Listening } from "./http_server.ts";
import { Logins } from "./logins.ts";
import { QueueStore } from "./queue_store.ts";
import { shardAt } from "./shard.ts";

/** The queues of those who are notified. */
const NOTIFIED: Readonly<Record<Medium, string>> = {
  push: "missedmessage_mobile_notifications",
  email: "missedmessage_emails",
};
/** How many of these events are published at once. */
const PUBLISHED_AT_ONCE = 500;
/** The most types of events that are remembered because a line was logged about them. */
const MOST_TYPES = 500;

/** How an event server is run. */
export interface EventServerOptions extends Listening {
  /** The port by which others know it, where it is one of several. */
  readonly shardPort: number | undefined;
}

/** What it needs of its worker's context. */
export type ServerContext = Pick<WorkerContext, "config" | "log" | "publish" | "database">;

/** Serves clients until it is disposed of. */
export class EventServer implements AsyncDisposable {
  readonly #ctx: ServerContext;
  readonly #store: QueueStore;
  readonly #queues: EventQueues;
  readonly #logins: Logins;
  readonly #http: HttpServer;
  readonly #port: number;
  /** Requests wait for the queues: until these are read, all would be unknown. */
  readonly #loaded = Promise.withResolvers<boolean>();
  /** The types of events that a line was logged about. */
  readonly #odd = new Set<string>();

  private constructor(ctx: ServerContext, store: QueueStore, options: EventServerOptions) {
    const { config: { realtime } } = ctx;
    this.#ctx = ctx;
    this.#store = store;
    const database = () => ctx.database();
    this.#queues = new EventQueues({
      publish: (notices) => this.#publish(notices),
      heartbeatMs: () => heartbeatSeconds(Math.random()) * 1000,
    });
    this.#logins = new Logins({ database, isRateLimited: realtime.isRateLimited });
    const api = new Api({
      ...{ queues: this.#queues, logins: this.#logins, database },
      longPollSeconds: realtime.longPollSeconds,
      sharedSecret: realtime.sharedSecret,
      shard: shardAt(options.shardPort, ctx),
      warn: (message, properties) => ctx.log.warn(message, properties),
      onError: (error) => {
        const { name, message, stack } = errorData(error);
        ctx.log.error("A request failed: {reason}", { reason: `${name}: ${message}`, stack });
      },
    });
    this.#http = new HttpServer(options, async (request, remote) => {
      const isReady = await this.#loaded.promise;
      return isReady ? await api.answer(request, remote) : failure(notStarted());
    });
    this.#port = options.shardPort ?? this.#http.port;
  }

  /**
   * Reads the queues of the process before, and listens.
   *
   * @throws {ConfigError} When another process has the files or the port, or `SHARDING_FILE` cannot be
   * used.
   */
  static async start(ctx: ServerContext, options: EventServerOptions): Promise<EventServer> {
    const { stateDir } = ctx.config;
    const store = QueueStore.open(stateDir, options.shardPort);
    if (!store) throw new ConfigError([inUse(stateDir)]);
    await using undo = new AsyncDisposableStack();
    undo.use(store);
    // The port comes first: without it the files stay as they are.
    const server = new EventServer(ctx, store, options);
    undo.defer(() => server.#http.close(() => server.#loaded.resolve(false)));
    await server.#load();
    undo.move();
    ctx.log.info("The event server listens on {host}:{port}", {
      ...{ host: options.host, port: server.port },
    });
    return server;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#http.port;
  }

  /**
   * Serves the clients of a notice, all or none.
   *
   * @throws {z.ZodError} When the notice lacks what its type has.
   * @throws {BrokerError} When what follows from it cannot be published.
   */
  async apply(notice: Notice): Promise<void> {
    const { event } = notice;
    const { deliveries, missing } = await this.#queues.apply(notice);
    if (missing !== undefined) {
      this.#ctx.log.info("The event queue {queue} is to be removed, and is not here", {
        queue: missing,
      });
    }
    if (event.type === "realm_user") this.#logins.forget();
    const [first] = deliveries;
    if (first) this.#noteOdd(first.event);
  }

  /** Removes queues that nobody asks for. @throws {BrokerError} When it cannot publish. */
  async sweep(signal: AbortSignal): Promise<void> {
    const since = performance.now();
    const { removed, users } = await this.#queues.sweep(signal);
    if (removed === 0) return;
    this.#ctx.log.info(
      "Tornado {port} removed {removed} expired event queues owned by {users} users in {seconds} s",
      {
        ...{ port: this.#port, removed, users },
        seconds: Math.round(performance.now() - since) / 1000,
      },
    );
  }

  /** Writes the queues, in case the process is killed. */
  async save(): Promise<void> {
    await this.#store.saveRunning(this.#kept());
  }

  /** Takes no more requests, and writes the queues for the next process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close(() => this.#queues.endPolls());
    try {
      await this.#store.saveStopped(this.#kept());
    } catch (error) {
      this.#ctx.log.error(
        "The event queues could not be written, so all clients have to register again: {reason}",
        { reason: errorData(error).message },
      );
    }
    this.#store[Symbol.dispose]();
  }

  async #load(): Promise<void> {
    const { queues, isLost, problems } = await this.#store.load();
    for (const problem of problems) this.#ctx.log.warn("{problem}", { problem });
    this.#queues.load(queues, isLost);
    this.#loaded.resolve(true);
    if (queues.length === 0) return;
    const message = isLost
      ? "The process before was killed: the clients of {count} event queues have to register again"
      : "Clients go on with {count} event queues of the process before";
    this.#ctx.log.info(message, { count: queues.length });
  }

  *#kept() {
    for (const session of this.#queues.sessions.all()) yield session.kept();
  }

  async #publish(notices: readonly NoticeEvent[]): Promise<void> {
    for (let at = 0; at < notices.length; at += PUBLISHED_AT_ONCE) {
      const some = notices.slice(at, at + PUBLISHED_AT_ONCE);
      await Promise.all(some.map(({ medium, event, id }) => {
        return this.#ctx.publish(NOTIFIED[medium], event, { id });
      }));
    }
  }

  /** Logs once for each type that it is not known, or is not as clients know it. */
  #noteOdd(event: Parameters<typeof problemOfEvent>[0]): void {
    const type = String(event.type);
    if (this.#odd.has(type) || this.#odd.size >= MOST_TYPES) return;
    const problem = isKnownType(type) ? problemOfEvent(event) : "it is not known here";
    if (problem === undefined) return;
    this.#odd.add(type);
    this.#ctx.log.warn("Events of the type {type} are passed on as they are: {problem}", {
      ...{ type, problem },
    });
  }
}

function notStarted(): ApiError {
  const message = "The event server could not start: try again later";
  return new ApiError(503, "SERVICE_UNAVAILABLE", message, {}, { "retry-after": "5" });
}

function inUse(folder: string) {
  return {
    setting: "STATE_DIR",
    wrong: `another process has the event queues in ${folder}`,
    fix: "end that process, or set it to another folder",
  };
}
