/**
 * The broker on RabbitMQ, 3.10 to 4.x, through amqplib. Two connections: one consumes, acknowledges
 * and declares, with a channel for each queue; the other publishes, because a broker with an alarm
 * stops whatever connection publishes.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import type { Reporter } from "../../report.ts";
import { failedQueueName, hopFor, jitteredMs, LADDER, retryQueueName } from "../../settle/retry.ts";
import type { Settlement } from "../../settle/outcome.ts";
import {
  type Broker,
  BrokerError,
  type BrokerErrorKind,
  type Delivery,
  type Depth,
  type EventProperties,
  lostError,
  type StoredEvent,
  type Subscription,
  type SubscriptionListener,
} from "../broker.ts";
import { failedProperties, retryProperties, waitingProperties } from "../headers.ts";
import { Backoff } from "./backoff.ts";
import { withChannel } from "./channel.ts";
import { type Address, addressOf, explainChannel } from "./errors.ts";
import { Link } from "./link.ts";
import { encodable, propertiesOf, storedEvent } from "./properties.ts";
import { NotEncodable, Publisher, Unconfirmed } from "./publisher.ts";
import { type Copied, RabbitSubscription } from "./subscription.ts";
import { Topology } from "./topology.ts";

/** What it takes to use RabbitMQ. */
export interface RabbitmqOptions {
  /** `amqp://` or `amqps://`, with user, password and virtual host. */
  readonly url: string;
  /** PEM of the authority that signed the broker's certificate. @default the system's */
  readonly ca?: string | undefined;
  /** The type of queues made here. @default {"classic"} */
  readonly queueType?: "classic" | "quorum";
  /** Seconds to wait for a first connection. @default {60} */
  readonly waitSeconds?: number;
  /** Seconds a publish may wait for its confirmation. @default {30} */
  readonly publishTimeoutSeconds?: number;
  /** The connections' name in RabbitMQ's management. @default {"process-queue"} */
  readonly name?: string;
  /** Named in dead letters. @default {""} */
  readonly version?: string;
  readonly report?: Reporter;
}

/** How often the depth of consumed queues is looked at, in ms. */
const DEPTH_EVERY_MS = 10_000;
/** Errors that the next attempt to store a copy may not have. */
const PASSING: ReadonlySet<BrokerErrorKind> = new Set(["unreachable", "unroutable"]);
/** The waits before an event is published again. */
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2000;

/**
 * Connects to RabbitMQ.
 *
 * @throws {BrokerError} When the first connection is refused, or none was made in `waitSeconds`.
 */
export async function openRabbitmq(options: RabbitmqOptions): Promise<Broker> {
  const broker = new RabbitBroker(options);
  try {
    await broker.connected();
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return broker;
}

class RabbitBroker implements Broker {
  readonly #options: RabbitmqOptions;
  readonly #address: Address;
  readonly #consuming: Link;
  readonly #publishing: Link;
  readonly #topology: Topology;
  readonly #publisher: Publisher;
  /**
   * For the copies of each consumed queue, so that a retry queue that does not answer holds up no
   * other queue's.
   */
  readonly #copiers = new Map<string, Publisher>();
  readonly #subscriptions = new Map<RabbitSubscription, string>();
  readonly #depthTimer: ReturnType<typeof setInterval>;

  constructor(options: RabbitmqOptions) {
    this.#options = options;
    this.#address = addressOf(options.url);
    this.#consuming = this.#link("consume");
    this.#publishing = this.#link("publish");
    this.#topology = new Topology({
      address: this.#address,
      queueType: options.queueType ?? "classic",
    });
    this.#publisher = new Publisher(this.#publishing, this.#address);
    this.#depthTimer = setInterval(() => void this.#noteDepths(), DEPTH_EVERY_MS);
  }

  async connected(): Promise<void> {
    await Promise.all([this.#consuming.model(), this.#publishing.model()]);
  }

  get isThere(): boolean {
    return this.#consuming.isUp;
  }

  async declare(queue: string): Promise<void> {
    await this.#topology.declare(await this.#consuming.model(), queue);
  }

  subscribe(queue: string, listener: SubscriptionListener): Subscription {
    const subscription = new RabbitSubscription({
      queue,
      listener,
      link: this.#consuming,
      topology: this.#topology,
      address: this.#address,
      report: this.#report,
      copy: (delivery, ...copy) => this.#copy(queue, delivery, ...copy),
      onClose: (closed) => void this.#subscriptions.delete(closed),
    });
    this.#subscriptions.set(subscription, queue);
    return subscription;
  }

  async publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties = {},
  ): Promise<void> {
    const seconds = this.#options.publishTimeoutSeconds ?? 30;
    let wanted = true;
    await withTimeout(
      seconds * 1000,
      this.#publishUntilConfirmed(this.#publisher, queue, body, properties, () => wanted),
      () => {
        wanted = false;
        return this.#notConfirmed(queue, seconds);
      },
    );
  }

  async depth(queue: string): Promise<Depth | undefined> {
    return await this.#topology.depth(await this.#consuming.model(), queue);
  }

  async waiting(queue: string): Promise<number> {
    const depths = LADDER.map((step) => this.depth(retryQueueName(queue, step)));
    return (await Promise.all(depths)).reduce((sum, depth) => sum + (depth?.ready ?? 0), 0);
  }

  async peek(queue: string, limit: number): Promise<StoredEvent[]> {
    return await this.#onQueue(queue, async (model) => {
      return await withChannel(model, async (channel) => {
        const events: StoredEvent[] = [];
        while (events.length < limit) {
          const message = await channel.get(queue);
          if (!message) break;
          events.push(storedEvent(message));
        }
        if (events.length > 0) channel.nackAll(true);
        return events;
      });
    }) ?? [];
  }

  async move(
    from: string,
    to: string,
    change: (event: StoredEvent) => EventProperties | undefined,
  ): Promise<number> {
    return await this.#onQueue(from, async (model, { ready }) => {
      return await withChannel(model, async (channel) => {
        let moved = 0;
        for (let i = 0; i < ready; i++) {
          const message = await channel.get(from);
          if (!message) break;
          const properties = change(storedEvent(message));
          if (properties === undefined) continue;
          await this.#publishDeclaring(to, message.content, properties);
          channel.ack(message);
          moved++;
        }
        return moved;
      });
    }) ?? 0;
  }

  async purge(queue: string): Promise<number> {
    return await this.#onQueue(queue, async (model) => {
      const { messageCount } = await withChannel(model, (channel) => channel.purgeQueue(queue));
      return messageCount;
    }) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#depthTimer);
    const subscriptions = [...this.#subscriptions.keys()];
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await Promise.all([this.#consuming.close(), this.#publishing.close()]);
  }

  #report = (report: Parameters<Reporter>[0]) => this.#options.report?.(report);

  #link(purpose: string): Link {
    const { url, ca, name = "process-queue", waitSeconds = 60 } = this.#options;
    return new Link({
      url,
      ca,
      address: this.#address,
      name: `${name} (${purpose})`,
      waitSeconds,
      report: (report) => this.#report(report),
    });
  }

  /** Does something with a queue that exists; `undefined` when it does not. */
  async #onQueue<Result>(
    queue: string,
    use: (model: ChannelModel, depth: Depth) => Promise<Result>,
  ): Promise<Result | undefined> {
    const model = await this.#consuming.model();
    const depth = await this.#topology.depth(model, queue);
    if (!depth) return undefined;
    try {
      return await use(model, depth);
    } catch (error) {
      throw explainChannel(error, queue, this.#address);
    }
  }

  #copier(queue: string): Publisher {
    const known = this.#copiers.get(queue);
    if (known) return known;
    const copier = new Publisher(this.#publishing, this.#address);
    this.#copiers.set(queue, copier);
    return copier;
  }

  /** Publishes again after each loss of the connection, for as long as it is wanted. */
  async #publishUntilConfirmed(
    publisher: Publisher,
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    isWanted: () => boolean,
  ): Promise<void> {
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    while (isWanted()) {
      try {
        return await publisher.publish(queue, body, properties, isWanted);
      } catch (error) {
        if (!(error instanceof Unconfirmed)) throw error;
      }
      await backoff.wait(this.#publishing.closing);
    }
    throw lostError(queue);
  }

  async #publishDeclaring(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
  ): Promise<void> {
    try {
      await this.publish(queue, body, properties);
    } catch (error) {
      if (!(error instanceof BrokerError && error.kind === "unroutable")) throw error;
      await this.declare(queue);
      await this.publish(queue, body, properties);
    }
  }

  #notConfirmed(queue: string, seconds: number): BrokerError {
    const why = this.#publishing.isBlocked
      ? "the broker has an alarm and takes nothing (see rabbitmqctl status)"
      : this.#publishing.isUp
      ? "no confirmation came"
      : "there is no connection";
    return new BrokerError(
      "timeout",
      `An event for queue ${queue} was not confirmed within ${seconds} s: ${why}; it may have ` +
        `been stored all the same`,
    );
  }

  /**
   * Stores the copy of a delivery that is retried or given up. It waits as long as it takes; but
   * when the delivery's own channel is lost, the broker hands the event out again and no copy is
   * wanted.
   */
  async #copy(
    queue: string,
    delivery: Delivery,
    settlement: Copied,
    body: Uint8Array | string,
  ): Promise<void> {
    const backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
    while (!delivery.lost) {
      try {
        return await this.#publishCopy(queue, delivery, settlement, body);
      } catch (error) {
        if (!(error instanceof BrokerError && PASSING.has(error.kind))) throw error;
        if (error.kind === "unroutable") this.#topology.forget();
      }
      await backoff.wait(this.#consuming.closing);
    }
    throw lostError(queue);
  }

  async #publishCopy(
    queue: string,
    delivery: Delivery,
    settlement: Copied,
    body: Uint8Array | string,
  ): Promise<void> {
    const isWanted = () => !delivery.lost;
    const model = await this.#consuming.model();
    if (!isWanted()) throw lostError(queue);
    const { name, properties } = settlement.kind === "retry"
      ? await this.#retryCopy(model, queue, delivery, settlement)
      : await this.#failedCopy(model, queue, delivery, settlement);
    const publish = (properties: EventProperties) =>
      this.#publishUntilConfirmed(this.#copier(queue), name, body, properties, isWanted);
    try {
      await publish(properties);
    } catch (error) {
      if (!(error instanceof NotEncodable)) throw error;
      await publish(encodable(properties));
    }
  }

  async #retryCopy(
    model: ChannelModel,
    queue: string,
    { properties }: Delivery,
    settlement: Extract<Settlement, { kind: "retry" }>,
  ): Promise<{ name: string; properties: EventProperties }> {
    const now = Date.now();
    const { step, ...hop } = hopFor(settlement.delay, now);
    const when = { ...hop, now, expiration: String(jitteredMs(step)) };
    const own = propertiesOf(properties);
    return {
      name: await this.#topology.declareRetry(model, queue, step),
      properties: settlement.waiting
        ? waitingProperties(own, when)
        : retryProperties(own, settlement, when),
    };
  }

  async #failedCopy(
    model: ChannelModel,
    queue: string,
    { properties }: Delivery,
    settlement: Extract<Settlement, { kind: "fail" }>,
  ): Promise<{ name: string; properties: EventProperties }> {
    const name = failedQueueName(queue);
    await this.#topology.declareFailed(model, name);
    const origin = { queue, host: Deno.hostname(), version: this.#options.version ?? "" };
    const own = propertiesOf(properties);
    return { name, properties: failedProperties(own, settlement, origin, Date.now()) };
  }

  /** So that a line about a deleted queue can say what went with it. */
  async #noteDepths(): Promise<void> {
    if (!this.#consuming.isUp) return;
    for (const [subscription, queue] of this.#subscriptions) {
      const depth = await this.depth(queue).catch(() => undefined);
      if (depth) subscription.noteDepth(depth.ready);
    }
  }
}

async function withTimeout<Result>(
  ms: number,
  promise: Promise<Result>,
  onTimeout: () => Error,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    promise.catch(() => {});
  }
}
