/**
 * What becomes of the events in the hands of this process.
 *
 * @module
 */

import { failedQueueName } from "../../settle/retry.ts";
import { type Copied, lostError } from "../broker.ts";
import { failedProperties, retryProperties } from "../headers.ts";
import type { Commits } from "./commits.ts";
import type { SqliteDelivery } from "./delivery.ts";
import { encodeProperties } from "./properties.ts";
import type { Session } from "./session.ts";

/** What settling events of a queue needs. */
export interface SettlementsOptions {
  readonly queue: string;
  readonly commits: Commits;
  /** Named in dead letters. */
  readonly version: string;
  /** Called, in the transaction, when an event of a queue has become ready. */
  readonly onReady: (queue: number) => void;
  /** Called when an event waits until then, in ms since 1970. */
  readonly onWaiting: (due: number) => void;
}

/** Seconds an event waits at the least, so that one that asks for none does not run in a circle. */
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

  /** What was handed out so far is lost. */
  restart(): void {
    this.#done = undefined;
  }

  /** The event is done: it goes with one of the next commits. */
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

  /** Puts the event back where it was, with one of the next commits. */
  giveBack({ session, id }: SqliteDelivery): void {
    this.#options.commits.owe(() => {
      if (session.isLost) return;
      const queue = session.events.giveBack(session.owner, id);
      if (queue !== undefined) this.#options.onReady(queue);
    });
  }

  /**
   * Stores the event anew and takes it out of the hands of this process, in one step.
   *
   * @throws {BrokerError} `lost` when the event comes again, else when that cannot be written: the
   * event is still taken then.
   */
  async copy(delivery: SqliteDelivery, settlement: Copied): Promise<void> {
    try {
      if (settlement.kind === "retry") await this.#retry(delivery, settlement);
      else await this.#fail(delivery, settlement);
    } catch (error) {
      throw delivery.lost ? lostError(this.#options.queue) : error;
    }
  }

  async #retry(
    { session, id, properties }: SqliteDelivery,
    settlement: Extract<Copied, { kind: "retry" }>,
  ): Promise<void> {
    const now = Date.now();
    const text = encodeProperties(retryProperties(properties, settlement, { now }));
    const due = dueAt(now, settlement.delay);
    await this.#options.commits.ask(() => {
      if (session.lostBy) throw session.lostBy;
      session.events.postpone(session.owner, id, text, due);
    });
    this.#options.onWaiting(due);
  }

  async #fail(
    { session, id, properties }: SqliteDelivery,
    settlement: Extract<Copied, { kind: "fail" }>,
  ): Promise<void> {
    const { queue, version, commits, onReady } = this.#options;
    const origin = { queue, host: Deno.hostname(), version };
    const text = encodeProperties(failedProperties(properties, settlement, origin, Date.now()));
    await commits.ask(() => {
      if (session.lostBy) throw session.lostBy;
      const failed = session.queues.declare(failedQueueName(queue));
      session.events.transfer(session.owner, id, text, failed);
      onReady(failed);
    });
  }
}

function dueAt(now: number, seconds: number): number {
  const due = Math.ceil(now + Math.max(LEAST_DELAY, seconds) * 1000);
  return Math.min(due, Number.MAX_SAFE_INTEGER);
}
