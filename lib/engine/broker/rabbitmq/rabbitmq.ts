/**
 * The broker on RabbitMQ, 3.10 to 4.x, through amqplib. Two connections: one consumes, acknowledges
 * and declares, with a channel for each queue; the other publishes, because a broker with an alarm
 * blocks every connection that publishes.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { splitAddresses } from "../../../config/broker_addresses.ts";
import type { ClockReading } from "../../../system/clock_reading.ts";
import type { Reporter } from "../../report.ts";
import { LADDER, retryQueueName } from "../../settle/retry.ts";
import type {
  Broker,
  BrokerError,
  BrokerStatus,
  Depth,
  EventProperties,
  PeekRules,
  QueueDoubt,
  ServerCertificate,
  StoredEvent,
  Subscription,
  SubscriptionListener,
} from "../broker.ts";
import { PeekBounds } from "../peek_bounds.ts";
import { type Decide, type SiftOptions, type SiftResult, SiftRun } from "../sift.ts";
import { type ApartConnection, connectApart } from "./apart.ts";
import { peek, purge, siftAsQuorum } from "./browse.ts";
import { serverCertificates } from "./certificates.ts";
import { brokerClock } from "./clock.ts";
import type { ConnectingOptions } from "./connecting.ts";
import { Copies } from "./copies.ts";
import { type Address, addressOf, explainChannel } from "./errors.ts";
import { EventPublisher } from "./event_publisher.ts";
import { doubtsAbout, doubtsAboutRetries } from "./fitness.ts";
import { Link, type LinkOptions } from "./link.ts";
import { OneAtATime } from "./one_at_a_time.ts";
import type { RabbitmqOptions } from "./options.ts";
import { isQueueLocked, lockName, lockQueue } from "./queue_lock.ts";
import { sift } from "./sift.ts";
import { RabbitSubscription } from "./subscription.ts";
import { Topology } from "./topology.ts";
import { tryAddresses, tryPublishing } from "./trial.ts";

/** ms between two readings of the depth of consumed queues. */
const DEPTH_EVERY_MS = 10_000;

/**
 * Connects to RabbitMQ.
 *
 * @throws {BrokerError} When the first connection is refused or not made in `waitSeconds`.
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
  /** RabbitMQ's default for consumer_timeout. */
  readonly settleWithinSeconds = 1800;
  readonly #options: RabbitmqOptions;
  readonly #urls: readonly string[];
  /** The first address; user and virtual host are the same for all. */
  readonly #address: Address;
  readonly #consuming: Link;
  readonly #publishing: Link;
  readonly #oneAtATime: OneAtATime;
  readonly #topology: Topology;
  readonly #events: EventPublisher;
  readonly #copies: Copies;
  readonly #subscriptions = new Map<RabbitSubscription, string>();
  readonly #depthTimer: ReturnType<typeof setInterval>;

  constructor(options: RabbitmqOptions) {
    this.#options = options;
    this.#urls = splitAddresses(options.url);
    this.#address = addressOf(this.#urls[0] ?? "");
    const oneAtATime = this.#oneAtATime = new OneAtATime(this.#report);
    this.#consuming = this.#link("consume", {
      onUp: () => oneAtATime.connected(performance.now()),
      onLost: (cause) => oneAtATime.ended(cause, performance.now()),
    });
    this.#publishing = this.#link("publish");
    this.#topology = new Topology({
      address: this.#address,
      queueType: options.queueType ?? "classic",
    });
    this.#events = new EventPublisher({
      consuming: this.#consuming,
      publishing: this.#publishing,
      topology: this.#topology,
      address: this.#address,
      seconds: options.publishTimeoutSeconds ?? 30,
    });
    this.#copies = new Copies({
      consuming: this.#consuming,
      publishing: this.#publishing,
      topology: this.#topology,
      address: this.#address,
      version: options.version ?? "",
    });
    this.#depthTimer = setInterval(() => void this.#noteDepths(), DEPTH_EVERY_MS);
  }

  async connected(): Promise<void> {
    await Promise.all([this.#consuming.model(), this.#publishing.model()]);
  }

  get isThere(): boolean {
    return this.#consuming.isUp;
  }

  get status(): BrokerStatus {
    const { since, version, reconnects } = this.#consuming.history;
    const { blocked } = this.#publishing.history;
    return { since, version, reconnects, blocked };
  }

  async declare(queue: string): Promise<void> {
    await this.#topology.ensure(await this.#consuming.model(), queue);
  }

  subscribe(queue: string, listener: SubscriptionListener): Subscription {
    const subscription = new RabbitSubscription({
      queue,
      listener,
      link: this.#consuming,
      oneAtATime: this.#oneAtATime,
      topology: this.#topology,
      address: this.#address,
      report: this.#report,
      copy: (delivery, ...copy) => this.#copies.store(queue, delivery, ...copy),
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
    await this.#events.publish(queue, body, properties);
  }

  async publishLater(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    seconds: number,
  ): Promise<void> {
    await this.#events.publishLater(queue, body, properties, seconds);
  }

  async depth(queue: string): Promise<Depth | undefined> {
    return await this.#topology.depth(await this.#consuming.model(), queue);
  }

  async waiting(queue: string): Promise<number> {
    const depths = LADDER.map((step) => this.depth(retryQueueName(queue, step)));
    return (await Promise.all(depths)).reduce((sum, depth) => sum + (depth?.ready ?? 0), 0);
  }

  async peek(queue: string, limit: number, rules?: PeekRules): Promise<StoredEvent[]> {
    const bounds = new PeekBounds({ events: limit });
    return await this.#onQueue(queue, (model) => peek(model, queue, bounds, rules)) ?? [];
  }

  async sift(queue: string, decide: Decide, options: SiftOptions = {}): Promise<SiftResult> {
    const sifted = await this.#onQueue(queue, async (model, { ready }) => {
      const run = new SiftRun<number>(ready, decide, options);
      const isQuorum = await siftAsQuorum(model, queue, options.countsDelivery ?? false);
      const publish = (to: string, body: Uint8Array, properties: EventProperties) =>
        this.publish(to, body, properties);
      await using connection = await this.#connectApart("sift");
      const { holdMs, quorumPrefetch } = this.#options.sift ?? {};
      const how = { isQuorum, publish, holdMs, quorumPrefetch };
      await sift(connection.model, { queue, address: this.#address, ...how }, run);
      return run;
    });
    return (sifted ?? new SiftRun(0, decide, {})).result();
  }

  async lock(queue: string, holder: string): Promise<AsyncDisposable> {
    await using undo = new AsyncDisposableStack();
    const connection = undo.use(await this.#connectApart("lock"));
    const more = { address: this.#address, report: this.#report };
    const lock = await lockQueue(connection, queue, holder, more);
    undo.move();
    return lock;
  }

  async isLocked(queue: string): Promise<boolean> {
    const model = await this.#consuming.model();
    try {
      return await isQueueLocked(model, queue);
    } catch (error) {
      throw explainChannel(error, lockName(queue), this.#address);
    }
  }

  async purge(queue: string): Promise<number> {
    return await this.#onQueue(queue, (model) => purge(model, queue)) ?? 0;
  }

  async purgeWaiting(queue: string): Promise<number> {
    const counts = LADDER.map((step) => this.purge(retryQueueName(queue, step)));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async doubtsAbout(queue: string): Promise<readonly QueueDoubt[]> {
    return await doubtsAbout(await this.#consuming.model(), this.#topology, queue);
  }

  async doubtsAboutRetries(queue: string): Promise<readonly QueueDoubt[]> {
    return await doubtsAboutRetries(await this.#consuming.model(), this.#topology, queue);
  }

  async declareFailed(queue: string): Promise<void> {
    await this.#topology.declareFailed(await this.#consuming.model(), queue);
  }

  async tryPublishing(): Promise<void> {
    await tryPublishing(await this.#publishing.model(), this.#address);
  }

  async clock(): Promise<ClockReading | undefined> {
    return await brokerClock(await this.#publishing.model(), this.#address);
  }

  async serverCertificates(): Promise<readonly ServerCertificate[]> {
    return await serverCertificates(this.#urls, this.#options);
  }

  async tryAddresses(): Promise<readonly BrokerError[]> {
    return await tryAddresses(this.#connecting("trial"), this.#consuming.closing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#depthTimer);
    const subscriptions = [...this.#subscriptions.keys()];
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    await Promise.all([this.#consuming.close(), this.#publishing.close()]);
  }

  readonly #report: Reporter = (report) => this.#options.report?.(report);

  #link(purpose: string, listener: Pick<LinkOptions, "onUp" | "onLost"> = {}): Link {
    return new Link({
      ...this.#connecting(purpose),
      waitSeconds: this.#options.waitSeconds ?? 60,
      report: this.#report,
      ...listener,
    });
  }

  #connecting(purpose: string): ConnectingOptions {
    const { ca, cert, key, names, name = "process-queue" } = this.#options;
    return { names, urls: this.#urls, ca, cert, key, name: `${name} (${purpose})` };
  }

  #connectApart(purpose: string): Promise<ApartConnection> {
    return connectApart(this.#connecting(purpose), this.#consuming.closing);
  }

  /** Uses a queue that exists; `undefined` when it does not. */
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

  /** A notice about a deleted queue says how many events it had. */
  async #noteDepths(): Promise<void> {
    if (!this.#consuming.isUp) return;
    for (const [subscription, queue] of this.#subscriptions) {
      const depth = await this.depth(queue).catch(() => undefined);
      if (depth) subscription.noteDepth(depth.ready);
    }
  }
}
