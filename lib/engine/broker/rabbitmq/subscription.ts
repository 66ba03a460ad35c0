/**
 * The deliveries of one queue: a channel of its own, made again whenever it is lost.
 *
 * @module
 */

import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import type { Reporter } from "../../report.ts";
import type { Settlement } from "../../settle/outcome.ts";
import { AckCoalescer } from "./acks.ts";
import type {
  BrokerErrorKind,
  Delivery,
  EventProperties,
  Subscription,
  SubscriptionListener,
} from "../broker.ts";
import { Backoff } from "./backoff.ts";
import { within } from "../../../system/deadline.ts";
import { closeChannel } from "./channel.ts";
import { type Address, explainChannel } from "./errors.ts";
import { closedError, type Link } from "./link.ts";
import { Pace } from "./pace.ts";
import type { Declared, Topology } from "./topology.ts";

/** What a subscription needs. */
export interface RabbitSubscriptionOptions {
  readonly queue: string;
  readonly listener: SubscriptionListener;
  readonly link: Link;
  readonly topology: Topology;
  readonly address: Address;
  readonly report: Reporter;
  /** Stores a copy; resolves when it is confirmed. */
  readonly copy: (
    delivery: Delivery,
    settlement: Copied,
    body: Uint8Array | string,
  ) => Promise<void>;
  /** Called when the subscription is closed. */
  readonly onClose: (subscription: RabbitSubscription) => void;
}

/** A settlement that stores the event anew. */
export type Copied = Extract<Settlement, { kind: "retry" | "fail" }>;

/** Errors of a first attempt that the next may not have. */
const PASSING: ReadonlySet<BrokerErrorKind> = new Set(["unreachable", "unroutable"]);
/** A channel that lived this long, in ms, was not lost because of what is done on it. */
const STABLE_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2000;
/** How long closing waits for what the broker has not answered, in ms. */
const CLOSE_MS = 2000;

/** A channel that consumes, and the acknowledgements that belong to it. */
class Session {
  readonly channel: Channel;
  readonly acks: AckCoalescer;
  readonly #pace = new Pace();
  readonly ended = Promise.withResolvers<void>();
  /** Whether the channel is gone. */
  lost = false;
  error: Error | undefined;
  consumerTag: string | undefined;
  prefetch = 0;

  constructor(channel: Channel) {
    this.channel = channel;
    const ack = (tag: number, multiple: boolean) => {
      this.#pace.sent();
      this.#send(() => channel.ack(messageOf(tag), multiple));
    };
    this.acks = new AckCoalescer({ ack }, this.#pace.defer);
    channel.on("error", (error) => this.error = error);
    channel.on("close", () => {
      this.lost = true;
      this.#pace[Symbol.dispose]();
      this.ended.resolve();
    });
  }

  /** Gives a delivery back to the queue. */
  release(tag: number): void {
    if (this.lost) return;
    this.#send(() => this.channel.nack(messageOf(tag), false, true));
    this.acks.answered(tag);
  }

  /** Sends what is settled; resolves when the broker has it. */
  async flush(): Promise<void> {
    if (this.lost) return;
    this.acks.flushAll();
    try {
      // The broker deals with what is sent on a channel in its order, and answers this.
      await this.channel.prefetch(this.prefetch);
    } catch {
      // The channel closes: what the broker has not heard of is delivered again.
    }
  }

  /** Sends what is settled and closes the channel: the broker hands the rest out again. */
  async close(): Promise<void> {
    if (this.lost) return;
    this.acks.flushAll();
    this.lost = true;
    await closeChannel(this.channel);
  }

  /** On a channel that is closing amqplib throws, and the delivery comes again. */
  #send(frame: () => void): void {
    if (this.lost) return;
    try {
      frame();
    } catch {
      this.lost = true;
    }
  }
}

/** An event that was given back so often may be near a delivery limit. */
const MANY_RETURNS = 10;

class RabbitDelivery implements Delivery {
  body: Uint8Array | null;
  constructor(
    readonly session: Session,
    readonly tag: number,
    readonly properties: EventProperties,
    readonly redelivered: boolean,
    body: Uint8Array,
  ) {
    this.body = body;
  }
  get lost(): boolean {
    return this.session.lost;
  }
}

/** Consumes one queue on RabbitMQ until it is closed. */
export class RabbitSubscription implements Subscription {
  readonly #options: RabbitSubscriptionOptions;
  readonly #closing = new AbortController();
  readonly #backoff = new Backoff(FIRST_BACKOFF_MS, MAX_BACKOFF_MS);
  #session: Session | undefined;
  /** How many deliveries are wanted at once; 0 for none. */
  #wanted = 0;
  #loop: Promise<void> | undefined;
  #first = Promise.withResolvers<void>();
  #changing: Promise<void> = Promise.resolve();
  /** What was last said of why it does not consume. */
  #said = "";
  /** Whether it has consumed before. */
  #wasUp = false;
  /** Whether it was said that events may be near the queue's delivery limit. */
  #isWarned = false;
  #depthSeen: { ready: number; at: number } | undefined;

  /** @param options The queue and who hears of its deliveries. */
  constructor(options: RabbitSubscriptionOptions) {
    this.#options = options;
  }

  /** @inheritdoc */
  settle(
    delivery: Delivery,
    settlement: Settlement,
    body: Uint8Array | string | null = delivery.body,
  ): Promise<void> | undefined {
    const { session, tag } = delivery as RabbitDelivery;
    switch (settlement.kind) {
      case "done":
        if (!session.lost) session.acks.settled(tag);
        return undefined;
      case "release":
        session.release(tag);
        return undefined;
      case "retry":
      case "fail":
        return this.#copyThenAck(delivery, settlement, body);
    }
  }

  /** @inheritdoc */
  async pause(): Promise<void> {
    this.#wanted = 0;
    await this.#adjust();
    await within(CLOSE_MS, Promise.resolve(this.#session?.flush()));
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
    await this.#session?.close();
    this.#session?.ended.resolve();
    if (this.#loop) await within(CLOSE_MS, this.#loop);
    this.#options.onClose(this);
  }

  /** How full the queue was when somebody last looked; named should it be deleted. */
  noteDepth(ready: number): void {
    this.#depthSeen = { ready, at: Date.now() };
  }

  async #copyThenAck(
    delivery: Delivery,
    settlement: Copied,
    body: Uint8Array | string | null,
  ): Promise<void> {
    const { session, tag } = delivery as RabbitDelivery;
    try {
      if (body === null) throw new TypeError("A copy needs the body of its event");
      await this.#options.copy(delivery, settlement, body);
    } catch (error) {
      session.release(tag);
      throw error;
    }
    if (!session.lost) session.acks.settled(tag);
  }

  /** Keeps a channel that consumes until the subscription is closed. */
  async #run(): Promise<void> {
    const { link } = this.#options;
    while (!this.#closing.signal.aborted && !link.closing.aborted) {
      try {
        await this.#serve(await this.#model());
      } catch (error) {
        if (this.#failed(error)) break;
      }
      await this.#backoff.wait(this.#closing.signal);
    }
    this.#first.resolve();
  }

  /** The connection, once there is one; when the subscription is closed it waits no longer. */
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
    const { listener } = this.#options;
    this.noteDepth((await this.#declare(model)).ready);
    const session = new Session(await model.createChannel());
    if (this.#closing.signal.aborted) return await session.close();
    this.#session = session;
    try {
      await this.#adjust();
      if (session.consumerTag !== undefined || this.#wanted === 0) {
        this.#wasUp = true;
        this.#first.resolve();
      }
      const since = performance.now();
      await session.ended.promise;
      if (performance.now() - since > STABLE_MS) {
        this.#backoff.reset();
        this.#said = "";
      }
      if (session.error) throw session.error;
    } finally {
      this.#session = undefined;
      await session.close();
      listener.onLost();
    }
  }

  /** Declares the queue; the first time it also asks whether its events can be retried. */
  async #declare(model: ChannelModel): Promise<Declared> {
    const { topology, queue } = this.#options;
    const [declared] = await Promise.all([
      topology.declare(model, queue),
      this.#wasUp ? undefined : topology.checkQuorum(model, queue),
    ]);
    return declared;
  }

  /** Whether to give up: only a first attempt that is refused for good does. */
  #failed(error: unknown): boolean {
    const { queue, address, report, link } = this.#options;
    if (this.#closing.signal.aborted || link.closing.aborted) return true;
    const explained = explainChannel(error, queue, address);
    if (!this.#wasUp && !PASSING.has(explained.kind)) {
      this.#first.reject(explained);
      this.#loop = undefined;
      return true;
    }
    if (!link.isUp || explained.message === this.#said) return false;
    this.#said = explained.message;
    report({
      kind: "notice",
      level: "warning",
      queue,
      message: "Queue {queue} is not consumed for now, and is tried again: {text}",
      properties: { text: explained.message },
    });
    return false;
  }

  /** Brings the consumer on the broker in line with what is wanted, one change after another. */
  #adjust(): Promise<void> {
    const change = this.#changing.then(() => this.#change());
    this.#changing = change.catch(() => {});
    return change;
  }

  async #change(): Promise<void> {
    const session = this.#session;
    if (!session || session.lost || session.prefetch === this.#wanted) return;
    try {
      if (session.consumerTag !== undefined) await this.#cancel(session);
      if (this.#wanted > 0) await this.#consume(session, this.#wanted);
    } catch (error) {
      if (session.lost && this.#wasUp) return;
      throw error;
    }
  }

  async #cancel(session: Session): Promise<void> {
    const tag = session.consumerTag;
    session.consumerTag = undefined;
    session.prefetch = 0;
    if (tag !== undefined) await session.channel.cancel(tag);
  }

  async #consume(session: Session, prefetch: number): Promise<void> {
    const { queue } = this.#options;
    session.prefetch = prefetch;
    session.acks.expect(prefetch);
    await session.channel.prefetch(prefetch);
    const { consumerTag } = await session.channel.consume(
      queue,
      (message) => this.#onMessage(session, message),
    );
    session.consumerTag = consumerTag;
    this.#wasUp = true;
  }

  /** Only hands over: an error thrown here would close the channel. */
  #onMessage(session: Session, message: ConsumeMessage | null): void {
    if (message === null) return void this.#cancelled(session);
    const { fields, properties, content } = message;
    if (fields.redelivered) this.#warnOfLimit(properties.headers?.["x-delivery-count"]);
    this.#options.listener.onDelivery(
      new RabbitDelivery(
        session,
        fields.deliveryTag,
        properties as EventProperties,
        fields.redelivered,
        content,
      ),
    );
  }

  /** A quorum queue counts how often an event was given back. */
  #warnOfLimit(count: unknown): void {
    if (this.#isWarned || typeof count !== "number" || count < MANY_RETURNS) return;
    this.#isWarned = true;
    const { queue, report } = this.#options;
    report({
      kind: "notice",
      level: "warning",
      queue,
      message: "An event of queue {queue} was given back {count} times: a quorum queue drops " +
        "events beyond its delivery limit, 20 by default on RabbitMQ 4. Set delivery-limit to -1 " +
        "by a policy (before RabbitMQ 4: set none)",
      properties: { count },
    });
  }

  /** The broker cancelled the consumer: the queue was deleted, or has moved. */
  async #cancelled(session: Session): Promise<void> {
    session.consumerTag = undefined;
    session.prefetch = 0;
    try {
      const { isNew, ready } = await this.#declare(await this.#options.link.model());
      this.#reportCancelled(isNew);
      this.noteDepth(ready);
      await this.#adjust();
    } catch {
      await closeChannel(session.channel);
    }
  }

  #reportCancelled(wasDeleted: boolean): void {
    const { queue, report } = this.#options;
    report({
      kind: "notice",
      level: wasDeleted ? "error" : "warning",
      queue,
      message: wasDeleted
        ? "Queue {queue} was deleted, with {lost} of its events: it is declared anew and consumed"
        : "The broker cancelled the consumer of queue {queue}: it consumes again",
      properties: wasDeleted ? { lost: this.#lostText() } : {},
    });
  }

  #lostText(): string {
    const seen = this.#depthSeen;
    if (!seen) return "an unknown number";
    const seconds = Math.round((Date.now() - seen.at) / 1000);
    return `about ${seen.ready} (ready ${seconds} s before)`;
  }
}

/** amqplib takes a message where the protocol wants its tag. */
function messageOf(deliveryTag: number): ConsumeMessage {
  return { fields: { deliveryTag } } as ConsumeMessage;
}
