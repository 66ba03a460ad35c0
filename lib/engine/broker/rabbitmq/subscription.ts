/**
 * The deliveries of one queue, on a channel of its own that is opened again whenever it is lost.
 *
 * @module
 */

import type { ChannelModel, ConsumeMessage } from "amqplib";
import { within } from "../../../system/deadline.ts";
import type { Reporter } from "../../report.ts";
import type { Settlement } from "../../settle/outcome.ts";
import {
  type Copied,
  type Delivery,
  type KeptEvent,
  lostError,
  type Subscription,
  type SubscriptionListener,
} from "../broker.ts";
import { Backoff, wait } from "./backoff.ts";
import { ConsumerChannel } from "./consumer_channel.ts";
import { RabbitDelivery } from "./delivery.ts";
import { DeliveryLimit } from "./delivery_limit.ts";
import { type Address, explainChannel, isAckTimeout, MAY_PASS } from "./errors.ts";
import { checkFitness } from "./fitness.ts";
import { closedError, type Link } from "./link.ts";
import type { OneAtATime } from "./one_at_a_time.ts";
import { SubscriptionNotices } from "./subscription_notices.ts";
import type { Declared, Topology } from "./topology.ts";

/** What a subscription needs. */
export interface RabbitSubscriptionOptions {
  readonly queue: string;
  readonly listener: SubscriptionListener;
  readonly link: Link;
  readonly oneAtATime: OneAtATime;
  readonly topology: Topology;
  readonly address: Address;
  readonly report: Reporter;
  /** Stores a copy; resolves when it is confirmed. */
  readonly copy: (
    delivery: Delivery,
    settlement: Copied,
    kept: KeptEvent,
  ) => Promise<void>;
  /** Called when the subscription is closed. */
  readonly onClose: (subscription: RabbitSubscription) => void;
}

/** A channel that lived this long, in ms, was not lost because of what is done on it. */
const STABLE_MS = 10_000;
/** The limit of the first wait before a lost channel is opened again, in ms. */
const FIRST_BACKOFF_MS = 100;
/** How long closing waits for answers of the broker, in ms. */
const CLOSE_MS = 2000;

/** Consumes one queue on RabbitMQ until it is closed. */
export class RabbitSubscription implements Subscription {
  readonly #options: RabbitSubscriptionOptions;
  readonly #notices: SubscriptionNotices;
  readonly #limit: DeliveryLimit;
  readonly #closing = new AbortController();
  readonly #backoff = new Backoff(FIRST_BACKOFF_MS);
  #channel: ConsumerChannel | undefined;
  /** The prefetch count; 0 while it is paused. */
  #wanted = 0;
  #loop: Promise<void> | undefined;
  #first = Promise.withResolvers<void>();
  /** Whether it has consumed before. */
  #wasUp = false;

  /** @param options The queue and who takes its deliveries. */
  constructor(options: RabbitSubscriptionOptions) {
    this.#options = options;
    this.#notices = new SubscriptionNotices(options.queue, options.report);
    this.#limit = new DeliveryLimit(options.queue, options.report);
  }

  /** @inheritdoc */
  get isParked(): boolean {
    return this.#parkedMs() > 0;
  }

  /** @inheritdoc */
  settle(
    delivery: Delivery,
    settlement: Settlement,
    kept?: KeptEvent,
  ): Promise<void> | undefined {
    const own = delivery as RabbitDelivery;
    switch (settlement.kind) {
      case "done":
        own.channel.ack(own.tag);
        return undefined;
      case "release":
        own.isReleased = true;
        own.channel.release(own.tag);
        return undefined;
      default:
        return this.#copyThenAck(own, settlement, kept);
    }
  }

  /** @inheritdoc */
  async pause(): Promise<void> {
    this.#wanted = 0;
    await this.#adjust();
    await within(CLOSE_MS, Promise.resolve(this.#channel?.flush()));
  }

  /** @inheritdoc */
  async resume(prefetch: number): Promise<void> {
    this.#wanted = prefetch;
    if (this.#loop) return await this.#adjust();
    this.#first = Promise.withResolvers();
    this.#loop = this.#run();
    await this.#first.promise;
  }

  /** @inheritdoc */
  async close(): Promise<void> {
    this.#wanted = 0;
    this.#closing.abort();
    await this.#channel?.close();
    this.#channel?.ended.resolve();
    if (this.#loop) await within(CLOSE_MS, this.#loop);
    this.#options.onClose(this);
  }

  /** Notes how full the queue is, which is reported if somebody deletes it. */
  noteDepth(ready: number): void {
    this.#notices.noteDepth(ready);
  }

  async #copyThenAck(
    delivery: RabbitDelivery,
    settlement: Copied,
    kept?: KeptEvent,
  ): Promise<void> {
    const { body } = delivery;
    if (!kept && body === null) throw new TypeError("A copy needs the body of its event");
    await this.#options.copy(delivery, settlement, kept ?? { id: "", content: body ?? "" });
    if (delivery.isReleased) throw lostError(this.#options.queue);
    delivery.channel.ack(delivery.tag);
  }

  /** Keeps a channel that consumes until the subscription is closed. */
  async #run(): Promise<void> {
    const { link } = this.#options;
    while (!this.#closing.signal.aborted && !link.closing.aborted) {
      try {
        await this.#whileParked();
        await this.#serve(await this.#model());
      } catch (error) {
        if (this.#failed(error)) break;
      }
      await this.#backoff.wait(this.#closing.signal);
    }
    this.#first.resolve();
  }

  /** Waits while the queue is parked because reading its events ends the connection. */
  async #whileParked(): Promise<void> {
    const ms = this.#parkedMs();
    if (ms > 0) await wait(ms, this.#closing.signal);
  }

  #parkedMs(): number {
    return this.#options.oneAtATime.parkedMs(this.#options.queue, performance.now());
  }

  /** The connection, once there is one; rejects when the subscription is closed first. */
  async #model(): Promise<ChannelModel> {
    const { signal } = this.#closing;
    const closed = Promise.withResolvers<never>();
    const onAbort = () => closed.reject(closedError());
    signal.addEventListener("abort", onAbort);
    try {
      return await Promise.race([this.#options.link.model(), closed.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Consumes on a new channel until that is lost. */
  async #serve(model: ChannelModel): Promise<void> {
    const { queue, listener } = this.#options;
    this.#declared(await this.#declare(model));
    const channel = new ConsumerChannel(await model.createChannel(), queue, this.#onMessage);
    if (this.#closing.signal.aborted) return await channel.close();
    this.#channel = channel;
    try {
      await this.#consumeUntilLost(channel);
    } finally {
      this.#channel = undefined;
      await channel.close();
      listener.onLost();
    }
  }

  async #consumeUntilLost(channel: ConsumerChannel): Promise<void> {
    await this.#adjust();
    if (channel.isConsuming || this.#wanted === 0) {
      this.#wasUp = true;
      this.#first.resolve();
    }
    const since = performance.now();
    await channel.ended.promise;
    if (performance.now() - since > STABLE_MS) {
      this.#backoff.reset();
      this.#notices.consumed();
    }
    if (channel.error) throw channel.error;
  }

  /** Declares the queue; one that exists is checked once for what loses events. */
  async #declare(model: ChannelModel): Promise<Declared> {
    const { topology, queue, report } = this.#options;
    const [declared] = await Promise.all([
      topology.declare(model, queue),
      this.#wasUp ? undefined : topology.checkQuorum(model, queue),
    ]);
    if (declared.isNew) this.#limit.learn({});
    else if (!this.#limit.isKnown) this.#limit.learn(await checkFitness(model, queue, report));
    return declared;
  }

  #declared({ isNew, ready }: Declared): void {
    if (isNew && this.#wasUp) this.#notices.deleted();
    this.#notices.noteDepth(ready);
  }

  /** Whether to give up, which only a first attempt does that is refused for good. */
  #failed(error: unknown): boolean {
    const { queue, address, link } = this.#options;
    if (this.#closing.signal.aborted || link.closing.aborted) return true;
    const explained = explainChannel(error, queue, address);
    if (!this.#wasUp && !MAY_PASS.has(explained.kind)) {
      this.#first.reject(explained);
      this.#loop = undefined;
      return true;
    }
    if (isAckTimeout(error)) this.#notices.notAcknowledged(explained.message);
    else if (link.isUp) this.#notices.notConsumed(explained.message);
    return false;
  }

  /** Brings the consumer on the broker in line with what is wanted. */
  async #adjust(): Promise<void> {
    const channel = this.#channel;
    if (!channel) return;
    const { oneAtATime, queue } = this.#options;
    if (this.#wanted > 0) await oneAtATime.admit(channel, queue);
    try {
      await channel.consume(this.#wanted);
    } catch (error) {
      if (channel.lost && this.#wasUp) return;
      throw error;
    }
    if (channel.isConsuming) this.#wasUp = true;
  }

  /** Only hands the delivery over: amqplib closes the channel when this throws. */
  readonly #onMessage = (channel: ConsumerChannel, message: ConsumeMessage | null): void => {
    if (message === null) return void this.#cancelled(channel);
    this.#options.listener.onDelivery(new RabbitDelivery(channel, message, this.#limit));
  };

  /**
   * Consumes again: the queue was deleted, or has moved to another node. A quorum queue that is being
   * deleted can still be declared, but not consumed: the channel closes then, and the next
   * declaration creates the queue.
   */
  async #cancelled(channel: ConsumerChannel): Promise<void> {
    channel.cancelled();
    try {
      const declared = await this.#declare(await this.#options.link.model());
      if (declared.isNew) this.#declared(declared);
      await this.#adjust();
      if (declared.isNew || channel.lost) return;
      this.#notices.cancelled();
      this.#declared(declared);
    } catch {
      await channel.abandon();
    }
  }
}
