/**
 * The embedded broker: durable queues in one SQLite file, for all processes of one host.
 *
 * An event is in the file from before its publish is confirmed until its settlement is written.
 * Writes at the same time share one commit. A process that takes events holds the lock of a file of
 * its own. When it ends, other processes find the lock free and release the events it had taken.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errorData } from "../../../errors/error_data.ts";
import { notice, type Reporter } from "../../report.ts";
import {
  type Broker,
  type Depth,
  type EventProperties,
  type StoredEvent,
  type Subscription,
  type SubscriptionListener,
  unroutableError,
} from "../broker.ts";
import { move, peek, purge } from "./browse.ts";
import { Commits } from "./commits.ts";
import { brokerError, closedError } from "./errors.ts";
import { encodeProperties } from "./properties.ts";
import { Session } from "./session.ts";
import { SqliteSubscription } from "./subscription.ts";
import { type Notice, Upkeep } from "./upkeep.ts";
import { Watch } from "./watch.ts";

/** The options of the embedded broker. */
export interface SqliteBrokerOptions {
  /** The folder of the file; both are made if they do not exist. */
  readonly stateDir: string;
  /** Named in dead letters. @default {""} */
  readonly version?: string;
  readonly report?: Reporter;
}

/** The broker's file in `STATE_DIR`. */
export const FILE_NAME = "broker.sqlite";

/** ms between two attempts to open the file again. */
const REOPEN_MS = 1000;

/**
 * Opens the broker's file in `stateDir`.
 *
 * @throws {BrokerError} `permission` when the file may not be written, `topology` when it is damaged
 * or belongs to another program or a newer version, `timeout` when it stays locked, `refused` when
 * the disk is full.
 */
export async function openSqliteBroker(options: SqliteBrokerOptions): Promise<Broker> {
  const path = join(options.stateDir, FILE_NAME);
  const broker = new SqliteBroker(options, path, await Session.open(path));
  await broker.begin();
  return broker;
}

class SqliteBroker implements Broker {
  readonly #options: SqliteBrokerOptions;
  readonly #path: string;
  readonly #commits: Commits;
  readonly #upkeep: Upkeep;
  readonly #watch: Watch;
  readonly #subscriptions = new Set<SqliteSubscription>();
  #session: Session;
  #subscribed = 0;
  #reopening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(options: SqliteBrokerOptions, path: string, session: Session) {
    this.#options = options;
    this.#path = path;
    this.#session = session;
    this.#commits = new Commits({
      file: () => this.#session,
      explain: (error) => brokerError(error, path),
      onFailure: (error) => this.#onFailure(error),
      onRecovery: () => this.#notice("warning", "The broker's file can be written again"),
    });
    this.#upkeep = new Upkeep({
      session: () => this.#session,
      commits: this.#commits,
      subscriptions: this.#subscriptions,
      notice: this.#notice,
      onLost: () => void this.#reopen(),
    });
    this.#watch = new Watch(this.#upkeep);
  }

  get isThere(): boolean {
    return this.#reopening === undefined;
  }

  async declare(queue: string): Promise<void> {
    await this.#commits.ask(() => void this.#session.queues.declare(queue));
  }

  subscribe(queue: string, listener: SubscriptionListener): Subscription {
    const subscription = new SqliteSubscription({
      queue,
      listener,
      number: ++this.#subscribed,
      commits: this.#commits,
      session: () => this.#session,
      version: this.#options.version ?? "",
      onReady: (id) => this.#onReady(id),
      onWaiting: (due) => this.#watch.noteDue(due),
      onChange: () => this.#onChange(),
      onClose: (closed) => void this.#subscriptions.delete(closed),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties = {},
  ): Promise<void> {
    if (this.#closing) return Promise.reject(closedError());
    try {
      const text = encodeProperties(properties);
      const bytes = typeof body === "string" ? Buffer.from(body) : body.slice();
      return this.#commits.ask(() => this.#add(queue, text, bytes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async depth(queue: string): Promise<Depth | undefined> {
    const id = await this.#find(queue);
    if (id === undefined) return undefined;
    const { queues, owners } = this.#session;
    return await this.#session.read(() => {
      return { ready: queues.ready(id), consumers: owners.countConsumers(id) };
    });
  }

  async waiting(queue: string): Promise<number> {
    const id = await this.#find(queue);
    if (id === undefined) return 0;
    const { events } = this.#session;
    return await this.#session.read(() => events.countWaiting(id));
  }

  async peek(queue: string, limit: number): Promise<StoredEvent[]> {
    const id = await this.#find(queue);
    return id === undefined ? [] : await peek(this.#session, id, limit);
  }

  async move(
    from: string,
    to: string,
    change: (event: StoredEvent) => EventProperties | undefined,
  ): Promise<number> {
    const id = await this.#find(from);
    if (id === undefined) return 0;
    const moved = await move(this.#session, this.#commits, { from: id, to, change });
    this.#upkeep.look();
    return moved;
  }

  async purge(queue: string): Promise<number> {
    const id = await this.#find(queue);
    return id === undefined ? 0 : await purge(this.#session, this.#commits, id);
  }

  /** Releases events that ended processes had taken. A full disk does not stop the start. */
  async begin(): Promise<void> {
    try {
      await this.#upkeep.takeOver();
      await this.#session.read(() => this.#session.removeLockFiles());
    } catch (error) {
      this.#notice("warning", "Events that ended processes had taken cannot be released yet", {
        error: errorData(error),
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#watch.stop();
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()));
    this.#closed.abort();
    await this.#watch.settled();
    await this.#reopening;
    const session = this.#session;
    const isRemoved = await this.#leave(session);
    this.#commits.close(closedError());
    session.close(isRemoved);
  }

  /** Removes this owner from the file. @returns Whether that and all that was owed is written. */
  async #leave(session: Session): Promise<boolean> {
    if (!await this.#commits.flush()) return false;
    if (session.owner === 0) return true;
    return await this.#commits.ask(() => session.owners.remove(session.owner))
      .then(() => true, () => false);
  }

  #add(queue: string, properties: string | null, body: Uint8Array): void {
    const { queues, events } = this.#session;
    const id = queues.find(queue);
    if (id === undefined) throw unroutableError(queue);
    events.add(id, properties, body);
    this.#onReady(id);
  }

  async #find(queue: string): Promise<number | undefined> {
    if (this.#closing) throw closedError();
    await this.#upkeep.promoteDue();
    return await this.#session.read(() => this.#session.queues.find(queue));
  }

  #onReady(queue: number): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.queueId === queue) subscription.onReady();
    }
  }

  #onChange(): void {
    const isConsuming = [...this.#subscriptions].some((one) => one.isConsuming);
    if (isConsuming && !this.#closing) this.#watch.start();
    else this.#watch.stop();
  }

  #onFailure(error: unknown): void {
    if (this.#session.isLost) return void this.#reopen();
    this.#notice("error", "The broker's file cannot be written at the moment; it is tried again", {
      error: errorData(error),
    });
  }

  #reopen(): Promise<void> {
    return this.#reopening ??= this.#openAgain().finally(() => this.#reopening = undefined);
  }

  /** Opens the file again: it was replaced, or others have taken this process for dead. */
  async #openAgain(): Promise<void> {
    this.#notice(
      "error",
      "The broker's file is opened again; events that were taken from it are lost to this process",
      {
        error: errorData(this.#session.lostBy),
      },
    );
    const session = await this.#untilOpen();
    if (!session) return;
    this.#session.close(true);
    this.#session = session;
    for (const subscription of this.#subscriptions) subscription.restart();
  }

  async #untilOpen(): Promise<Session | undefined> {
    while (!this.#closed.signal.aborted) {
      try {
        return await Session.open(this.#path);
      } catch (error) {
        this.#notice("error", "The broker's file cannot be opened", { error: errorData(error) });
      }
      await delay(REOPEN_MS, undefined, { signal: this.#closed.signal }).catch(() => {});
    }
    return undefined;
  }

  readonly #notice: Notice = (level, message, more = {}) =>
    this.#options.report?.(notice(level, undefined, message, more));
}
