/**
 * Publishing of events within a limit of time, at once or after a delay.
 *
 * @module
 */

import { TOO_LATE } from "../../../system/deadline.ts";
import { Deadlines } from "../../../system/deadlines.ts";
import { firstHopFor } from "../../settle/retry.ts";
import { BrokerError, type EventProperties, unroutableError } from "../broker.ts";
import { delayedProperties } from "../headers.ts";
import type { Address } from "./errors.ts";
import type { Link } from "./link.ts";
import { Publisher } from "./publisher.ts";
import type { Topology } from "./topology.ts";

/** What an {@linkcode EventPublisher} is made of. */
export interface EventPublisherOptions {
  /** The connection that declares. */
  readonly consuming: Link;
  /** The connection that publishes. */
  readonly publishing: Link;
  readonly topology: Topology;
  readonly address: Address;
  /** Seconds that a publish may wait for its confirmation. */
  readonly seconds: number;
}

/** Publishes events. */
export class EventPublisher {
  readonly #options: EventPublisherOptions;
  readonly #publisher: Publisher;
  readonly #deadlines: Deadlines;

  /** @param options The connections, and the limit of time. */
  constructor(options: EventPublisherOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.seconds * 1000);
    this.#publisher = new Publisher(options.publishing, options.address);
  }

  /** Publishes an event. @throws {BrokerError} As {@linkcode Broker.publish} does. */
  async publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
  ): Promise<void> {
    await this.#within(
      queue,
      (isWanted) =>
        this.#publisher.publish(queue, body, properties, isWanted)
          .catch((error) => this.#explainUnroutable(queue, error)),
    );
  }

  /**
   * Publishes an event to the queue in which retries of its delay wait.
   *
   * @throws {BrokerError} As {@linkcode Broker.publishLater} does.
   */
  async publishLater(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    seconds: number,
  ): Promise<void> {
    const { consuming, topology } = this.#options;
    await this.#within(queue, async (isWanted) => {
      const { step, ...hop } = firstHopFor(seconds, Date.now());
      const model = await consuming.model();
      if (!await topology.depth(model, queue)) throw unroutableError(queue);
      const waiting = await topology.declareRetry(model, queue, step);
      const written = delayedProperties(properties, { ...hop, expiration: String(step * 1000) });
      await this.#publisher.publish(waiting, body, written, isWanted).catch((error) => {
        topology.forget();
        throw error;
      });
    });
  }

  /** Waits for a confirmation within the limit. @param publish Asks before each attempt. */
  async #within(
    queue: string,
    publish: (isWanted: () => boolean) => Promise<void>,
  ): Promise<void> {
    let wanted = true;
    if (await this.#deadlines.within(publish(() => wanted)) !== TOO_LATE) return;
    wanted = false;
    throw this.#notConfirmed(queue, this.#options.seconds);
  }

  /** An event for a queue whose node is down cannot be routed either; asking for the queue tells. */
  async #explainUnroutable(queue: string, error: unknown): Promise<never> {
    if (error instanceof BrokerError && error.kind === "unroutable") {
      const { consuming, topology } = this.#options;
      await topology.depth(await consuming.model(), queue);
    }
    throw error;
  }

  #notConfirmed(queue: string, seconds: number): BrokerError {
    const { publishing } = this.#options;
    const why = publishing.isBlocked
      ? "the broker has an alarm and accepts nothing (see rabbitmqctl status)"
      : publishing.isUp
      ? "no confirmation came"
      : "there is no connection";
    return new BrokerError(
      "timeout",
      `An event for queue ${queue} was not confirmed within ${seconds} s: ${why}; it may have ` +
        `been stored anyway`,
    );
  }
}
