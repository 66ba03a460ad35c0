/**
 * Publishes mails and activities at a steady rate, and keeps what became of each publish.
 *
 * @module
 */

import type { Broker, EventProperties } from "../../../lib/engine/broker/broker.ts";
import { newEventProperties } from "../../../lib/engine/broker/headers.ts";
import { reasonOf } from "../publisher.ts";
import type { NewEvent } from "./events.ts";
import type { Published } from "./verdict.ts";

/** Time between two events, in ms. */
const EVERY_MS = 40;

/** Publishes through one broker object. */
export class MailPublisher {
  /** How many events may or may not be stored, by the reason. */
  readonly unconfirmed: Record<string, number> = {};
  readonly #published: Published[] = [];
  readonly #broker: Broker;
  readonly #next: (number: number) => NewEvent;
  readonly #pending = new Set<Promise<void>>();
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param next Makes an event. */
  constructor(broker: Broker, next: (number: number) => NewEvent) {
    this.#broker = broker;
    this.#next = next;
  }

  /** What was published and confirmed, or not confirmed. */
  get published(): readonly Published[] {
    return this.#published;
  }

  /** Starts to publish. */
  start(): void {
    this.#timer = setInterval(() => this.#publish(this.#next(this.#count++)), EVERY_MS);
  }

  /** Stops publishing; resolves when each event is either confirmed or unconfirmed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  #publish(event: NewEvent): void {
    const publishing = this.#store(event).finally(() => this.#pending.delete(publishing));
    this.#pending.add(publishing);
  }

  async #store({ name, queue, body, id }: NewEvent): Promise<void> {
    const hasId = id !== undefined;
    let isConfirmed = true;
    try {
      await this.#broker.publish(queue, JSON.stringify(body), propertiesOf(id));
    } catch (error) {
      isConfirmed = false;
      const reason = reasonOf(error);
      this.unconfirmed[reason] = (this.unconfirmed[reason] ?? 0) + 1;
    }
    this.#published.push({ name, queue, hasId, isConfirmed });
  }
}

/** Without an id there are no properties at all, as Zulip publishes. */
function propertiesOf(id: string | undefined): EventProperties {
  return id === undefined ? {} : newEventProperties(Date.now(), id);
}
