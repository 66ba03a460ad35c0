/**
 * The embedded broker: durable queues in one SQLite file, for all processes of one host.
 *
 * An event is in the file from before its publish is confirmed until its settlement is written.
 * Writes at the same time share one commit. A process that takes events holds the lock of a file of
 * its own. When it ends, other processes find the lock free and release the events it had taken.
 *
 * @module
 */

import { join } from "node:path";
import { errorData } from "../../../errors/error_data.ts";
import { notice, type Reporter } from "../../report.ts";
import type {
  Broker,
  BrokerError,
  Depth,
  EventProperties,
  StoredEvent,
  Subscription,
  SubscriptionListener,
} from "../broker.ts";
import { type Decide, type SiftOptions, type SiftResult, SiftRun } from "../sift.ts";
import { peek, purge, purgeWaiting } from "./browse.ts";
import { Commits } from "./commits.ts";
import { CurrentSession, openWithRoom } from "./current_session.ts";
import { closedError, isDamage } from "./errors.ts";
import { FILE_NAME } from "./file_name.ts";
import { PeekBounds } from "../peek_bounds.ts";
import { NewEvents } from "./new_events.ts";
import type { Notice } from "./notice.ts";
import { lockQueue } from "./queue_lock.ts";
import type { Place } from "./ready_events.ts";
import { Reserve } from "./reserve.ts";
import type { Session } from "./session.ts";
import { sift } from "./sift.ts";
import { SqliteSubscription } from "./subscription.ts";
import { Upkeep } from "./upkeep.ts";
import { Watch } from "./watch.ts";

export { FILE_NAME };

/** The options of the embedded broker. */
export interface SqliteBrokerOptions {
  /** The folder of the file; both are made if they do not exist. */
  readonly stateDir: string;
  /** Named in dead letters. @default {""} */
  readonly version?: string;
  readonly report?: Reporter;
}

/**
 * Opens the broker's file in `stateDir`.
 *
 * @throws {BrokerError} `permission` when the file may not be written, `damaged` when it is damaged,
 * `topology` when it belongs to another program or version, `timeout` when it stays locked,
 * `refused` when the disk is full.
 */
export async function openSqliteBroker(options: SqliteBrokerOptions): Promise<Broker> {
  const path = join(options.stateDir, FILE_NAME);
  const say: Notice = (level, message, more = {}) =>
    options.report?.(notice(level, undefined, message, more));
  const reserve = new Reserve(path, say);
  const session = await openWithRoom(path, reserve);
  const broker = new SqliteBroker({ ...options, path, session, reserve, notice: say });
  await broker.begin();
  return broker;
}

/** What the broker is made of. */
interface Parts extends Pick<SqliteBrokerOptions, "version"> {
  readonly path: string;
  readonly session: Session;
  readonly reserve: Reserve;
  readonly notice: Notice;
}

class SqliteBroker implements Broker {
  readonly #path: string;
  readonly #version: string;
  readonly #notice: Notice;
  readonly #current: CurrentSession;
  readonly #reserve: Reserve;
  readonly #commits: Commits;
  readonly #newEvents: NewEvents;
  readonly #upkeep: Upkeep;
  readonly #watch: Watch;
  readonly #subscriptions = new Set<SqliteSubscription>();
  #subscribed = 0;
  #closing: Promise<void> | undefined;

  constructor({ path, session, reserve, notice, version = "" }: Parts) {
    this.#path = path;
    this.#version = version;
    this.#notice = notice;
    this.#reserve = reserve;
    this.#current = new CurrentSession(session, {
      path,
      notice,
      onReopened: () => this.#restart(),
      onGivenUp: (error) => this.#giveUp(error),
    });
    this.#commits = new Commits({
      file: () => this.#session,
      explain: (error) => this.#session.explain(error),
      makesRoom: (error) => this.#reserve.spend(error),
      onFailure: (error) => this.#onFailure(error),
      onRecovery: () => notice("warning", "The broker's file can be written again"),
    });
    this.#newEvents = new NewEvents({
      session: () => this.#session,
      commits: this.#commits,
      reserve,
      onReady: (id) => this.#onReady(id),
    });
    this.#upkeep = new Upkeep({
      session: () => this.#session,
      commits: this.#commits,
      reserve,
      subscriptions: this.#subscriptions,
      notice,
      onLost: () => this.#current.replace(),
    });
    this.#watch = new Watch(this.#upkeep);
  }

  get isThere(): boolean {
    return this.#current.isThere;
  }

  get failure(): Promise<BrokerError> {
    return this.#current.failure;
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
      version: this.#version,
      onReady: (id) => this.#onReady(id),
      onWaiting: (due) => this.#watch.noteDue(due),
      onChange: () => this.#onChange(),
      onClose: (closed) => void this.#subscriptions.delete(closed),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties = {},
  ): Promise<void> {
    if (this.#closing) throw closedError();
    await this.#newEvents.add(queue, body, properties);
  }

  async publishLater(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    seconds: number,
  ): Promise<void> {
    if (this.#closing) throw closedError();
    this.#watch.noteDue(await this.#newEvents.addLater(queue, body, properties, seconds));
  }

  async depth(queue: string): Promise<Depth | undefined> {
    const id = await this.#find(queue);
    if (id === undefined) return undefined;
    const { queues, owners } = this.#session;
    const read = () => ({ ready: queues.ready(id), consumers: owners.countConsumers(id) });
    return await this.#session.read(read);
  }

  async waiting(queue: string): Promise<number> {
    const id = await this.#find(queue);
    if (id === undefined) return 0;
    const { events } = this.#session;
    return await this.#session.read(() => events.countWaiting(id));
  }

  async peek(queue: string, limit: number): Promise<StoredEvent[]> {
    const id = await this.#find(queue);
    return id === undefined ? [] : await peek(this.#session, id, new PeekBounds({ events: limit }));
  }

  async sift(queue: string, decide: Decide, options: SiftOptions = {}): Promise<SiftResult> {
    const [id = 0, depth] = [await this.#find(queue), await this.depth(queue)];
    const run = new SiftRun<Place>(depth?.ready ?? 0, decide, options);
    await sift({ session: this.#session, commits: this.#commits, queue: id }, run);
    this.#upkeep.look();
    return run.result();
  }

  async lock(queue: string, holder: string): Promise<AsyncDisposable> {
    return await Promise.try(lockQueue, this.#path, queue, holder);
  }

  async purge(queue: string): Promise<number> {
    const id = await this.#find(queue);
    return id === undefined ? 0 : await purge(this.#session, this.#commits, id);
  }

  async purgeWaiting(queue: string): Promise<number> {
    const id = await this.#find(queue);
    return id === undefined ? 0 : await purgeWaiting(this.#session, this.#commits, id);
  }

  /** Releases what ended processes had taken, if there is room. @throws {BrokerError} `damaged` */
  async begin(): Promise<void> {
    if (this.#reserve.isSpent) await this.#reserve.keep();
    try {
      await this.#upkeep.takeOver();
      await this.#session.read(() => this.#session.owners.removeLockFiles());
    } catch (error) {
      if (isDamage(error)) {
        await this[Symbol.asyncDispose]();
        throw error;
      }
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
    const ended = this.#current.end();
    await this.#watch.settled();
    await this.#reserve.end();
    await ended;
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
    if (isConsuming && !this.#closing && !isDamage(this.#session.lostBy)) this.#watch.start();
    else this.#watch.stop();
  }

  #onFailure(error: unknown): void {
    if (this.#session.isLost) return this.#current.replace();
    this.#notice("error", "The broker's file cannot be written at the moment; it is tried again", {
      error: errorData(error),
    });
  }

  #restart(): void {
    for (const subscription of this.#subscriptions) subscription.restart();
  }

  /** Delivers, stores and settles nothing more: the file is damaged. */
  #giveUp(error: BrokerError): void {
    this.#watch.stop();
    this.#commits.close(error);
    this.#restart();
  }

  get #session(): Session {
    return this.#current.session;
  }
}
