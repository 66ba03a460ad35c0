/**
 * The deliveries of one queue to one consumer of this process.
 *
 * @module
 */

import type { Settlement } from "../../settle/outcome.ts";
import {
  type Copied,
  type Delivery,
  type KeptEvent,
  lostError,
  type Subscription,
  type SubscriptionListener,
} from "../broker.ts";
import { Unsettled } from "../unsettled.ts";
import { SqliteDelivery } from "./delivery.ts";
import type { Claimed, Row } from "./events.ts";
import { Registration, type RegistrationOptions } from "./registration.ts";
import type { Session } from "./session.ts";
import { Settlements, type SettlementsOptions } from "./settlements.ts";

/** What a subscription needs. */
export interface SqliteSubscriptionOptions extends SettlementsOptions, RegistrationOptions {
  readonly listener: SubscriptionListener;
  /** Called when it begins or stops to consume. */
  readonly onChange: () => void;
  /** Called when it is closed. */
  readonly onClose: (subscription: SqliteSubscription) => void;
}

/** The claim when no delivery is wanted. */
const NO_ROOM: Claimed = { rows: [], isAll: false };
/** The claim on a file that is lost: nothing more to take. */
const LOST: Claimed = { rows: [], isAll: true };

/** Consumes one queue of the file until it is closed. */
export class SqliteSubscription implements Subscription {
  readonly #options: SqliteSubscriptionOptions;
  readonly #unsettled = new Unsettled<SqliteDelivery>();
  readonly #settlements: Settlements;
  readonly #registration: Registration;
  /** The prefetch count; 0 while it is paused. */
  #wanted = 0;
  /** Whether the queue was empty when it last took events. */
  #isDry = false;
  /** Counts the events that became ready, to notice those that did during a claim. */
  #readied = 0;
  #claiming: Promise<void> | undefined;

  /** @param options The queue, its file, and who takes its deliveries. */
  constructor(options: SqliteSubscriptionOptions) {
    this.#options = options;
    this.#settlements = new Settlements(options);
    this.#registration = new Registration(options, () => this.isConsuming);
  }

  /** Whether it takes events. */
  get isConsuming(): boolean {
    return this.#wanted > 0;
  }

  /** The queue's id in the file, once it is known. */
  get queueId(): number | undefined {
    return this.#registration.queueId;
  }

  /** @inheritdoc */
  settle(
    delivery: Delivery,
    settlement: Settlement,
    kept?: KeptEvent,
  ): Promise<void> | undefined {
    const own = delivery as SqliteDelivery;
    switch (settlement.kind) {
      case "done":
        if (this.#forget(own)) this.#settlements.remove(own);
        return undefined;
      case "release":
        if (this.#forget(own)) this.#settlements.release(own);
        return undefined;
      default:
        return this.#copy(own, settlement, kept?.id ?? "");
    }
  }

  /** @inheritdoc */
  async pause(): Promise<void> {
    this.#wanted = 0;
    this.#unsettled.pause();
    this.#registration.close();
    this.#options.onChange();
    // Writes the settlements so far, which are owed: a failure is tried again.
    await this.#options.commits.ask(() => {}).catch(() => {});
  }

  /** @inheritdoc */
  async resume(prefetch: number): Promise<void> {
    this.#wanted = prefetch;
    this.#options.onChange();
    try {
      await this.#register();
    } catch (error) {
      if (this.#registration.wasUp) return; // Upkeep tries it again.
      this.#wanted = 0;
      this.#options.onChange();
      throw error;
    }
  }

  /** @inheritdoc */
  async close(): Promise<void> {
    await this.pause();
    await this.#claiming;
    for (const delivery of this.#unsettled) {
      this.#settlements.release(delivery);
      delivery.isReleased = true;
    }
    this.#unsettled.clear();
    await this.#options.commits.flush();
    this.#options.onClose(this);
  }

  /** Takes events if there is room and there may be some. */
  wake(): void {
    const room = this.#wanted - this.#unsettled.count;
    if (room <= 0 || this.#isDry || this.queueId === undefined) return;
    const isUrgent = room * 2 >= this.#wanted;
    if (!this.#claiming) this.#claiming = this.#claim(isUrgent);
    else if (isUrgent) this.#options.commits.hurry();
  }

  /** An event of its queue has become ready. */
  onReady(): void {
    this.#isDry = false;
    this.#readied++;
    this.wake();
  }

  /** Checks for events to take: another process has written to the file. */
  look(): void {
    if (!this.isConsuming) return;
    if (!this.#registration.isOpen) return void this.#register().catch(() => {});
    if (this.queueId === undefined) return;
    if (this.#isDry && this.#session.queues.ready(this.queueId) > 0) this.#isDry = false;
    this.wake();
  }

  /** Consumes the file that is open now; what was delivered before is lost. */
  restart(): void {
    this.#unsettled.clear();
    this.#settlements.restart();
    this.#registration.forget();
    this.#options.listener.onLost();
    this.look();
  }

  get #session(): Session {
    return this.#options.session();
  }

  async #register(): Promise<void> {
    await this.#registration.open();
    this.onReady();
  }

  /** Notes that a delivery is settled. @returns Whether that is still to be written. */
  #forget(delivery: SqliteDelivery): boolean {
    const wasHere = this.#unsettled.delete(delivery);
    if (delivery.lost) return false;
    if (!wasHere) throw new Error("This delivery was already settled");
    this.wake();
    return true;
  }

  /** Stores the copy in place of the event, which may be released meanwhile. */
  async #copy(delivery: SqliteDelivery, settlement: Copied, id: string): Promise<void> {
    await this.#settlements.copy(delivery, settlement, id);
    if (!delivery.lost && !this.#unsettled.has(delivery)) throw lostError(this.#options.queue);
    this.#forget(delivery);
  }

  async #claim(isUrgent: boolean): Promise<void> {
    const session = this.#session;
    try {
      let readied = 0;
      const claimed = await this.#options.commits.claim(() => {
        readied = this.#readied;
        return this.#take(session);
      }, isUrgent);
      this.#claiming = undefined;
      this.#isDry = claimed.isAll && readied === this.#readied;
      this.#deliver(session, claimed.rows);
      this.wake();
    } catch {
      // Commits reports the fault, and Upkeep tries again.
      this.#claiming = undefined;
    }
  }

  #take(session: Session): Claimed {
    const room = this.#wanted - this.#unsettled.count;
    const queue = this.queueId;
    if (room <= 0 || queue === undefined) return NO_ROOM;
    if (!session.isOwner()) return LOST;
    return session.events.claim(session.owner, queue, room);
  }

  #deliver(session: Session, rows: readonly Row[]): void {
    if (session.isLost) return;
    const deliveries = rows.map((row) => new SqliteDelivery(session, row));
    if (!this.isConsuming) {
      return deliveries.forEach((delivery) => this.#settlements.release(delivery));
    }
    for (const delivery of deliveries) this.#unsettled.add(delivery);
    for (const delivery of deliveries) this.#options.listener.onDelivery(delivery);
  }
}
