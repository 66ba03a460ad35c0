/**
 * Publishes events at a steady rate and records which of them the broker has confirmed.
 *
 * @module
 */

import { type Broker, BrokerError } from "../../lib/engine/broker/broker.ts";
import { newEventProperties } from "../../lib/engine/broker/headers.ts";
import { ALWAYS, type CrashEvent, type Queue, QUEUES } from "./events.ts";
import { now } from "./ledger.ts";
import type { Random } from "./random.ts";

/** Time between two events, in ms. */
const EVERY_MS = 10;
/** Of 100 events, the number that throw at their first attempt only. */
const THROW_ONCE = 15;
/** Of 100 events, the number that throw at every attempt. */
const THROW_ALWAYS = 2;

/** Publishes through one broker object. */
export class Publisher {
  /** When each event was confirmed that is stored, by its id, in ms since 1970. */
  readonly confirmed = new Map<string, number>();
  /** How many events may or may not be stored, by the reason. */
  readonly unconfirmed: Record<string, number> = {};
  readonly #broker: Broker;
  readonly #random: Random;
  readonly #pending = new Set<Promise<void>>();
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param random Chooses the queues and the trouble that the events make. */
  constructor(broker: Broker, random: Random) {
    this.#broker = broker;
    this.#random = random;
  }

  /** Starts to publish. */
  start(): void {
    this.#timer = setInterval(() => this.#publishNext(), EVERY_MS);
  }

  /** Stops publishing; resolves when each event is either confirmed or unconfirmed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  /** Publishes one event. @returns Its id. */
  publish(queue: Queue, event: Omit<CrashEvent, "id">): string {
    const id = `${queue}-${++this.#count}`;
    const publishing = this.#store(queue, { ...event, id })
      .then(() => void this.confirmed.set(id, now()), (error) => this.#addUnconfirmed(error))
      .finally(() => this.#pending.delete(publishing));
    this.#pending.add(publishing);
    return id;
  }

  #addUnconfirmed(error: unknown): void {
    const reason = reasonOf(error);
    this.unconfirmed[reason] = (this.unconfirmed[reason] ?? 0) + 1;
  }

  #publishNext(): void {
    const queue = this.#random.pick(QUEUES);
    const chance = this.#random.below(100);
    if (chance < THROW_ALWAYS) this.publish(queue, { trouble: "throw", times: ALWAYS });
    else if (chance < THROW_ALWAYS + THROW_ONCE) {
      this.publish(queue, { trouble: "throw", times: 1 });
    } else this.publish(queue, { trouble: "none", times: 0 });
  }

  async #store(queue: Queue, event: CrashEvent): Promise<void> {
    const properties = { ...newEventProperties(), messageId: event.id };
    await this.#broker.publish(queue, JSON.stringify(event), properties);
  }
}

/** Why an event was not confirmed: the kind of the error, and for a timeout what was missing. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof BrokerError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const why = /not confirmed within \d+ s: ([^;(]*[^;( ])/.exec(error.message)?.[1];
  return why === undefined ? error.kind : `${error.kind}: ${why}`;
}
