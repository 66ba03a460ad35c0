/**
 * The deliveries of one queue to one consumer of this process.
 *
 * @module
 */

import type { Settlement } from "../../settle/outcome.ts";
import type { Copied, Delivery, Subscription, SubscriptionListener } from "../broker.ts";
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

const NO_ROOM: Claimed = { rows: [], isAll: false };
/** Nothing more is taken through a file that is lost. */
const LOST: Claimed = { rows: [], isAll: true };

/** Consumes one queue of the file until it is closed. */
export class SqliteSubscription implements Subscription {
  readonly #options: SqliteSubscriptionOptions;
  readonly #unsettled = new Set<SqliteDelivery>();
  readonly #settlements: Settlements;
  readonly #registration: Registration;
  /** The prefetch count; 0 while it is paused. */
  #wanted = 0;
  /** Whether nothing was left when it last took events. */
  #isDry = false;
  /** How many events have become ready while it looked, or since. */
  #readied = 0;
  #claiming: Promise<void> | undefined;

  /** @param options The queue, its file and who hears of its deliveries. */
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
  settle(delivery: Delivery, settlement: Settlement): Promise<void> | undefined {
    const own = delivery as SqliteDelivery;
    switch (settlement.kind) {
      case "done":
        if (this.#leave(own)) this.#settlements.remove(own);
        return undefined;
      case "release":
        if (this.#leave(own)) this.#settlements.giveBack(own);
        return undefined;
      case "retry":
      case "fail":
        return this.#copy(own, settlement);
    }
  }

  /** @inheritdoc */
  async pause(): Promise<void> {
    this.#wanted = 0;
    this.#registration.close();
    this.#options.onChange();
    // What is settled has been owed before. It is tried again where this fails.
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
      this.#settlements.giveBack(delivery);
      delivery.isGivenBack = true;
    }
    this.#unsettled.clear();
    await this.#options.commits.flush();
    this.#options.onClose(this);
  }

  /** Takes events if there is room and there may be some. */
  wake(): void {
    const room = this.#wanted - this.#unsettled.size;
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

  /** Others have written to the file: looks whether there is something to take. */
  look(): void {
    if (!this.isConsuming) return;
    if (!this.#registration.isOpen) return void this.#register().catch(() => {});
    if (this.queueId === undefined) return;
    if (this.#isDry && this.#session.queues.ready(this.queueId) > 0) this.#isDry = false;
    this.wake();
  }

  /** What was handed out is lost; it consumes the file that is open now. */
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

  /** The delivery is settled now. @returns Whether there is still something to do for it. */
  #leave(delivery: SqliteDelivery): boolean {
    const wasHere = this.#unsettled.delete(delivery);
    if (delivery.lost) return false;
    if (!wasHere) throw new Error("This delivery was settled before");
    this.wake();
    return true;
  }

  /** Stores the event anew and takes it out of the hands of this process, in one step. */
  async #copy(delivery: SqliteDelivery, settlement: Copied): Promise<void> {
    try {
      await this.#settlements.copy(delivery, settlement);
    } catch (error) {
      if (this.#leave(delivery)) this.#settlements.giveBack(delivery);
      throw error;
    }
    this.#leave(delivery);
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
      this.#handOut(session, claimed.rows);
      this.wake();
    } catch {
      // The file is at fault, of which others tell; it is tried again as the file is watched.
      this.#claiming = undefined;
    }
  }

  #take(session: Session): Claimed {
    const room = this.#wanted - this.#unsettled.size;
    const queue = this.queueId;
    if (room <= 0 || queue === undefined) return NO_ROOM;
    if (!session.isOwner()) return LOST;
    return session.events.claim(session.owner, queue, room);
  }

  #handOut(session: Session, rows: readonly Row[]): void {
    if (session.isLost) return;
    const deliveries = rows.map((row) => new SqliteDelivery(session, row));
    if (!this.isConsuming) {
      return deliveries.forEach((delivery) => this.#settlements.giveBack(delivery));
    }
    for (const delivery of deliveries) this.#unsettled.add(delivery);
    for (const delivery of deliveries) this.#options.listener.onDelivery(delivery);
  }
}
