/**
 * The upkeep of the file: it makes events ready that are due, and releases those that ended
 * processes had taken.
 *
 * @module
 */

import { errorData } from "../../../errors/error_data.ts";
import type { Commits } from "./commits.ts";
import type { Notice } from "./notice.ts";
import type { Reserve } from "./reserve.ts";
import type { Session } from "./session.ts";
import type { SqliteSubscription } from "./subscription.ts";
import type { Watched } from "./watch.ts";

/** What the upkeep of a file needs. */
export interface UpkeepOptions {
  /** The file as it is open now. */
  readonly session: () => Session;
  readonly commits: Commits;
  readonly reserve: Reserve;
  readonly subscriptions: Iterable<SqliteSubscription>;
  readonly notice: Notice;
  /** Called when the file as it is open now is lost. */
  readonly onLost: () => void;
}

/** Keeps one file up. */
export class Upkeep implements Watched {
  readonly #options: UpkeepOptions;
  #dataVersion = 0;

  /** @param options The file, and the subscriptions that take events from it. */
  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  hasChanged(): boolean {
    const version = this.#session.dataVersion();
    const hasChanged = version !== this.#dataVersion;
    this.#dataVersion = version;
    return hasChanged;
  }

  /** @inheritdoc */
  look(): void {
    for (const subscription of this.#options.subscriptions) subscription.look();
  }

  /** @inheritdoc */
  now(): number {
    return this.#session.clock.now();
  }

  /** @inheritdoc */
  nextDue(): number {
    return this.#session.events.nextDue();
  }

  /** @inheritdoc */
  async promote(): Promise<void> {
    await this.promoteDue().catch(() => {});
  }

  /** Puts events that are due at the end of their queues. @throws {BrokerError} */
  async promoteDue(): Promise<void> {
    const session = this.#session;
    const now = await session.read(() => session.clock.sharedNow());
    if (await session.read(() => session.events.nextDue()) > now) return;
    while (!await this.#options.commits.ask(() => this.#promoteSome(session, now)));
  }

  /** Releases events that ended processes had taken. @throws {BrokerError} For a fault of the file. */
  async takeOver(): Promise<void> {
    const session = this.#session;
    const dead = await session.read(() => session.owners.dead());
    if (dead.length === 0) return;
    for (const { id } of dead) {
      await this.#options.commits.ask(() => session.owners.remove(id));
    }
    this.#wakeAll();
    const processes = dead.length === 1 ? "process" : "processes";
    this.#options.notice("info", `Events that {count} ended ${processes} had taken are released`, {
      properties: { count: dead.length },
    });
    await session.read(() => session.owners.removeLockFiles());
  }

  /** @inheritdoc */
  async maintain(): Promise<void> {
    try {
      this.#session.checkFile();
      this.#session.checkMark();
      if (this.#session.isOwner()) await this.takeOver();
      await this.#tellTime();
      void this.#options.reserve.keep();
      this.look();
    } catch (error) {
      this.#options.notice("debug", "The upkeep of the broker's file failed", {
        error: errorData(this.#session.explain(error)),
      });
    }
    if (this.#session.isLost) this.#options.onLost();
  }

  get #session(): Session {
    return this.#options.session();
  }

  /** Tells the other processes by the file that the wall clock was set. */
  async #tellTime(): Promise<void> {
    const { clock } = this.#session;
    if (clock.hasToTell()) await this.#options.commits.ask(() => void clock.stamp());
  }

  #promoteSome(session: Session, now: number): boolean {
    const isAll = session.events.promote(now);
    this.#wakeAll();
    return isAll;
  }

  #wakeAll(): void {
    for (const subscription of this.#options.subscriptions) subscription.onReady();
  }
}
