/**
 * Copies of deliveries that are retried or dead-lettered.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { hopFor, jitteredMs } from "../../settle/retry.ts";
import {
  BrokerError,
  type Copied,
  type Delivery,
  type EventProperties,
  type KeptEvent,
  lostError,
} from "../broker.ts";
import {
  failedProperties,
  originOf,
  republishProperties,
  retryProperties,
  withId,
} from "../headers.ts";
import { Backoff } from "./backoff.ts";
import { type Address, MAY_PASS } from "./errors.ts";
import type { Link } from "./link.ts";
import { propertiesOf, publishEncodable } from "./properties.ts";
import { type Attempts, Publisher } from "./publisher.ts";
import type { Topology } from "./topology.ts";

/** What storing copies needs. */
export interface CopiesOptions {
  /** The connection that declares. */
  readonly consuming: Link;
  /** The connection that publishes. */
  readonly publishing: Link;
  readonly topology: Topology;
  readonly address: Address;
  /** Named in dead letters. */
  readonly version: string;
}

/** The limit of the first wait before a copy is tried again, in ms. */
const FIRST_BACKOFF_MS = 50;

/** A copy, and the queue it goes to. */
interface StoredCopy {
  readonly name: string;
  readonly properties: EventProperties;
}

/** Stores copies in retry queues, failed queues, and at the end of their own queues. */
export class Copies {
  readonly #options: CopiesOptions;
  /** One per consumed queue: a retry queue that does not answer holds up no other queue. */
  readonly #publishers = new Map<string, Publisher>();

  /** A copy that was refused is tried again, and then goes on from here. */
  readonly #past = new WeakMap<Delivery, Attempts>();

  /** @param options The connections and queues. */
  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /**
   * Stores the copy of a delivery, however long that takes. When the delivery is lost, the broker
   * delivers the event again and no copy is wanted.
   *
   * @throws {BrokerError} `refused` when the broker does not take it, `lost` with its delivery.
   */
  async store(
    queue: string,
    delivery: Delivery,
    settlement: Copied,
    kept: KeptEvent,
  ): Promise<void> {
    const { topology, consuming } = this.#options;
    const backoff = new Backoff(FIRST_BACKOFF_MS);
    while (!delivery.lost) {
      try {
        return await this.#attempt(queue, delivery, settlement, kept);
      } catch (error) {
        if (!(error instanceof BrokerError && MAY_PASS.has(error.kind))) throw error;
        if (error.kind === "unroutable") topology.forget();
      }
      await backoff.wait(consuming.closing);
    }
    throw lostError(queue);
  }

  async #attempt(
    queue: string,
    delivery: Delivery,
    settlement: Copied,
    kept: KeptEvent,
  ): Promise<void> {
    const model = await this.#options.consuming.model();
    if (delivery.lost) throw lostError(queue);
    const original = withId(propertiesOf(delivery.properties), kept.id);
    const { name, properties } = await this.#copyOf(model, queue, original, settlement);
    const publisher = this.#publisher(queue);
    const past = this.#pastOf(delivery);
    await publishEncodable(
      properties,
      (written) => publisher.publish(name, kept.content, written, () => !delivery.lost, past),
    );
  }

  #pastOf(delivery: Delivery): Attempts {
    const known = this.#past.get(delivery);
    if (known) return known;
    const past = { closed: 0 };
    this.#past.set(delivery, past);
    return past;
  }

  async #copyOf(
    model: ChannelModel,
    queue: string,
    properties: EventProperties,
    settlement: Copied,
  ): Promise<StoredCopy> {
    switch (settlement.kind) {
      case "retry":
        return await this.#retryCopy(model, queue, properties, settlement);
      case "fail":
        return await this.#failedCopy(model, queue, properties, settlement);
      case "republish":
        return { name: queue, properties: republishProperties(properties) };
    }
  }

  #publisher(queue: string): Publisher {
    const known = this.#publishers.get(queue);
    if (known) return known;
    const publisher = new Publisher(this.#options.publishing, this.#options.address);
    this.#publishers.set(queue, publisher);
    return publisher;
  }

  async #retryCopy(
    model: ChannelModel,
    queue: string,
    properties: EventProperties,
    settlement: Extract<Copied, { kind: "retry" }>,
  ): Promise<StoredCopy> {
    const now = Date.now();
    const { step, ...hop } = hopFor(settlement.delay, now);
    const when = { ...hop, now, expiration: String(jitteredMs(step)) };
    return {
      name: await this.#options.topology.declareRetry(model, queue, step),
      properties: retryProperties(properties, settlement, when),
    };
  }

  async #failedCopy(
    model: ChannelModel,
    queue: string,
    properties: EventProperties,
    settlement: Extract<Copied, { kind: "fail" }>,
  ): Promise<StoredCopy> {
    const { topology, version } = this.#options;
    const name = await topology.declareFailed(model, queue);
    const origin = originOf(queue, version);
    return {
      name,
      properties: failedProperties(properties, settlement, origin, Date.now()),
    };
  }
}
