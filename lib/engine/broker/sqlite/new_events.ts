/**
 * New events: those that are published, at once or with a delay.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type EventProperties, unroutableError } from "../broker.ts";
import { encodeProperties } from "../property_text.ts";
import type { Commits } from "./commits.ts";
import type { Reserve } from "./reserve.ts";
import type { Session } from "./session.ts";
import { dueAt } from "./settlements.ts";

/** What {@linkcode NewEvents} is made of. */
export interface NewEventsOptions {
  readonly session: () => Session;
  readonly commits: Commits;
  readonly reserve: Reserve;
  /** Called when an event of a queue is ready. */
  readonly onReady: (queue: number) => void;
}

/** An event as it is added to the file. */
interface NewEvent {
  /** The queue's number. */
  readonly queue: number;
  readonly properties: string | null;
  readonly body: Uint8Array;
}

/** Adds new events to the file. */
export class NewEvents {
  readonly #options: NewEventsOptions;

  /** @param options The file, and who hears of the events. */
  constructor(options: NewEventsOptions) {
    this.#options = options;
  }

  /** Adds an event that is ready. @throws {BrokerError} `unroutable` when there is no such queue. */
  async add(queue: string, body: Uint8Array | string, properties: EventProperties): Promise<void> {
    await this.#store(queue, body, properties, ({ events }, event) => {
      events.add(event.queue, event.properties, event.body);
      this.#options.onReady(event.queue);
    });
  }

  /** Adds an event that waits. @returns When it is due, in ms since 1970 by the file's clock. */
  async addLater(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    seconds: number,
  ): Promise<number> {
    return await this.#store(queue, body, properties, ({ clock, events }, event) => {
      const due = dueAt(clock.stamp(), seconds);
      events.addWaiting(event.queue, event.properties, event.body, due);
      return due;
    });
  }

  async #store<T>(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    add: (session: Session, event: NewEvent) => T,
  ): Promise<T> {
    const { session, commits, reserve } = this.#options;
    const text = encodeProperties(properties);
    const bytes = typeof body === "string" ? Buffer.from(body) : body.slice();
    return await commits.ask(() => {
      reserve.assertRoom();
      const id = session().queues.find(queue);
      if (id === undefined) throw unroutableError(queue);
      return add(session(), { queue: id, properties: text, body: bytes });
    });
  }
}
