/**
 * Settlements of events that this process has taken.
 *
 * @module
 */

import { failedQueueName } from "../../settle/retry.ts";
import { type Copied, type EventProperties, lostError } from "../broker.ts";
import {
  failedProperties,
  originOf,
  republishProperties,
  retryProperties,
  withId,
} from "../headers.ts";
import type { Commits } from "./commits.ts";
import type { SqliteDelivery } from "./delivery.ts";
import { encodeProperties } from "../property_text.ts";
import type { Session } from "./session.ts";

/** What settling events of a queue needs. */
export interface SettlementsOptions {
  readonly queue: string;
  readonly commits: Commits;
  /** Named in dead letters. */
  readonly version: string;
  /** Called, in the transaction, when an event of a queue has become ready. */
  readonly onReady: (queue: number) => void;
  /** Called when an event waits. @param due Until when, in ms since 1970 by the file's clock. */
  readonly onWaiting: (due: number) => void;
}

/** The least seconds that an event waits, so that a delay of 0 does not make a busy loop. */
const LEAST_DELAY = 1;

/** Settles events of one queue. */
export class Settlements {
  readonly #options: SettlementsOptions;
  /** Ids of events that are done, to be removed with the next commit. */
  #done: number[] | undefined;

  /** @param options The queue and its file. */
  constructor(options: SettlementsOptions) {
    this.#options = options;
  }

  /** Forgets what was delivered so far, which is lost. */
  restart(): void {
    this.#done = undefined;
  }

  /** Removes an event that is done, with one of the next commits. */
  remove({ session, id }: SqliteDelivery): void {
    this.#done ??= this.#oweRemoval(session);
    this.#done.push(id);
  }

  #oweRemoval(session: Session): number[] {
    const ids: number[] = [];
    this.#options.commits.owe(() => {
      if (this.#done === ids) this.#done = undefined;
      if (!session.isLost) session.events.remove(session.owner, ids);
    });
    return ids;
  }

  /** Releases the event to its place in the queue, with one of the next commits. */
  release({ session, id }: SqliteDelivery): void {
    this.#options.commits.owe(() => {
      if (session.isLost) return;
      const queue = session.events.release(session.owner, id);
      if (queue !== undefined) this.#options.onReady(queue);
    });
  }

  /**
   * Stores the copy in place of the event, in one transaction.
   *
   * @param id The `message_id` of the copy where the event has none.
   * @throws {BrokerError} `lost` when the event is delivered again, another kind when the copy
   * cannot be written: the event is still taken then.
   */
  async copy(delivery: SqliteDelivery, settlement: Copied, id: string): Promise<void> {
    const properties = withId(delivery.properties, id);
    try {
      if (settlement.kind === "retry") await this.#retry(delivery, properties, settlement);
      else if (settlement.kind === "fail") await this.#fail(delivery, properties, settlement);
      else await this.#transfer(delivery, this.#options.queue, republishProperties(properties));
    } catch (error) {
      throw delivery.lost ? lostError(this.#options.queue) : error;
    }
  }

  async #retry(
    { session, id }: SqliteDelivery,
    properties: EventProperties,
    settlement: Extract<Copied, { kind: "retry" }>,
  ): Promise<void> {
    const text = encodeProperties(retryProperties(properties, settlement, { now: Date.now() }));
    const due = await this.#options.commits.ask(() => {
      if (session.lostBy) throw session.lostBy;
      const due = dueAt(session.clock.stamp(), settlement.delay);
      session.events.postpone(session.owner, id, text, due);
      return due;
    });
    this.#options.onWaiting(due);
  }

  async #fail(
    delivery: SqliteDelivery,
    properties: EventProperties,
    settlement: Extract<Copied, { kind: "fail" }>,
  ): Promise<void> {
    const { queue, version } = this.#options;
    const origin = originOf(queue, version);
    const letter = failedProperties(properties, settlement, origin, Date.now());
    await this.#transfer(delivery, failedQueueName(queue), letter);
  }

  async #transfer(
    { session, id }: SqliteDelivery,
    to: string,
    properties: EventProperties,
  ): Promise<void> {
    const { commits, onReady } = this.#options;
    const text = encodeProperties(properties);
    await commits.ask(() => {
      if (session.lostBy) throw session.lostBy;
      const queue = session.queues.declare(to);
      session.events.transfer(session.owner, id, text, queue);
      onReady(queue);
    });
  }
}

/** When a wait ends. @param now ms since 1970, as is the result. */
export function dueAt(now: number, seconds: number): number {
  const due = Math.ceil(now + Math.max(LEAST_DELAY, seconds) * 1000);
  return Math.min(due, Number.MAX_SAFE_INTEGER);
}
