/**
 * Publishes events at a steady rate and notes which of them the broker has confirmed.
 *
 * @module
 */

import type { Broker } from "../../lib/engine/broker/broker.ts";
import { newEventProperties } from "../../lib/engine/broker/headers.ts";
import { ALWAYS, type Order, type Queue, QUEUES } from "./orders.ts";
import type { Random } from "./random.ts";

/** Every so many ms an event is published. */
const EVERY_MS = 10;
/** Of 100 events, so many throw at their first attempt, and so many at all. */
const THROW_ONCE = 15;
const THROW_ALWAYS = 2;

/** A publisher with a broker object. */
export class Publisher {
  /** The events that are stored. */
  readonly confirmed = new Set<string>();
  /** How many may be stored or not. */
  unconfirmed = 0;
  readonly #broker: Broker;
  readonly #random: Random;
  readonly #pending = new Set<Promise<void>>();
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param broker Where to. @param random Chooses the queues and what the events say. */
  constructor(broker: Broker, random: Random) {
    this.#broker = broker;
    this.#random = random;
  }

  /** Begins to publish. */
  start(): void {
    this.#timer = setInterval(() => this.#publishNext(), EVERY_MS);
  }

  /** Publishes no more; resolves when it is known of all events whether they are confirmed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  /** Publishes one event. @returns Its id. */
  publish(queue: Queue, what: Omit<Order, "id">): string {
    const id = `${queue}-${++this.#count}`;
    const publishing = this.#store(queue, { ...what, id })
      .then(() => void this.confirmed.add(id), () => void this.unconfirmed++)
      .finally(() => this.#pending.delete(publishing));
    this.#pending.add(publishing);
    return id;
  }

  #publishNext(): void {
    const queue = this.#random.pick(QUEUES);
    const chance = this.#random.below(100);
    if (chance < THROW_ALWAYS) this.publish(queue, { trouble: "throw", times: ALWAYS });
    else if (chance < THROW_ALWAYS + THROW_ONCE) {
      this.publish(queue, { trouble: "throw", times: 1 });
    } else this.publish(queue, { trouble: "none", times: 0 });
  }

  async #store(queue: Queue, order: Order): Promise<void> {
    const properties = { ...newEventProperties(), messageId: order.id };
    await this.#broker.publish(queue, JSON.stringify(order), properties);
  }
}
