/**
 * A channel that consumes one queue.
 *
 * @module
 */

import type { Channel, ConsumeMessage } from "amqplib";
import { within } from "../../../system/deadline.ts";
import { SentCommands, untilAcknowledged } from "./acknowledged.ts";
import { AckCoalescer } from "./acks.ts";
import { closeChannel, messageOf } from "./channel.ts";
import { Pace } from "./pace.ts";

/** Takes the messages of a channel; `null` when the broker cancelled the consumer. */
export type OnMessage = (channel: ConsumerChannel, message: ConsumeMessage | null) => void;

/** The channel, its consumer, and the acknowledgements of what came on it. */
export class ConsumerChannel {
  /** Resolves when the channel is closed, or the subscription does not need it any more. */
  readonly ended = Promise.withResolvers<void>();
  /** Whether the channel is closed: the broker delivers again what was not acknowledged. */
  lost = false;
  /** Why the broker closed the channel. */
  error: Error | undefined;
  readonly #channel: Channel;
  readonly #queue: string;
  readonly #onMessage: OnMessage;
  readonly #acks: AckCoalescer;
  readonly #pace = new Pace();
  readonly #commands = new SentCommands();
  #consumerTag: string | undefined;
  /** The prefetch count on the broker; 0 without a consumer. */
  #prefetch = 0;
  /** The prefetch count that the subscription asked for last. */
  #wanted = 0;
  #changing: Promise<void> = Promise.resolve();

  /** @param channel A new channel. @param queue What to consume. @param onMessage Must not throw. */
  constructor(channel: Channel, queue: string, onMessage: OnMessage) {
    this.#channel = channel;
    this.#queue = queue;
    this.#onMessage = onMessage;
    const ack = (tag: number, multiple: boolean) => {
      this.#pace.sent();
      this.#command(() => channel.ack(messageOf(tag), multiple));
    };
    this.#acks = new AckCoalescer({ ack }, this.#pace.defer, this.#pace.later);
    channel.on("error", (error) => this.error = error);
    channel.on("close", () => this.#onClose());
  }

  /** Whether the channel has a consumer. */
  get isConsuming(): boolean {
    return this.#consumerTag !== undefined;
  }

  /** Acknowledges a delivery, with one of the next frames. */
  ack(tag: number): void {
    if (!this.lost) this.#acks.settled(tag);
  }

  /** Returns a delivery to the queue. */
  release(tag: number): void {
    if (this.lost) return;
    this.#command(() => this.#channel.nack(messageOf(tag), false, true));
    this.#acks.answered(tag);
  }

  /**
   * Changes the prefetch count, one change after another. 0 cancels the consumer; what was
   * delivered before can still be settled.
   */
  consume(prefetch: number): Promise<void> {
    return this.#request(prefetch);
  }

  /** Consumes one event at a time until the first is delivered, or `ms` have passed. */
  async consumeOne(ms: number): Promise<void> {
    const first = Promise.withResolvers<void>();
    await this.#request(1, first.resolve);
    await within(ms, Promise.race([first.promise, this.ended.promise]));
    await this.consume(0);
  }

  /** Notes that the broker has cancelled the consumer. */
  cancelled(): void {
    this.#consumerTag = undefined;
    this.#prefetch = 0;
  }

  /** Sends the acknowledgements that wait; resolves when the broker has them. */
  async flush(): Promise<void> {
    if (this.lost) return;
    this.#acks.flushAll();
    try {
      // The broker handles the frames of a channel in order, and answers this one.
      await this.#channel.prefetch(this.#prefetch);
    } catch {
      // The channel closes: the broker delivers again what was not acknowledged.
    }
  }

  /** Sends the acknowledgements that wait and closes the channel. */
  async close(): Promise<void> {
    if (this.lost) return;
    this.#acks.flushAll();
    this.lost = true;
    if (this.#commands.mayBeKeptBack) {
      await untilAcknowledged(() => this.#channel.prefetch(this.#prefetch));
    }
    await closeChannel(this.#channel);
  }

  /** Closes the channel as if the broker had: a new one takes its place. */
  async abandon(): Promise<void> {
    await closeChannel(this.#channel);
  }

  #onClose(): void {
    this.lost = true;
    this.#pace[Symbol.dispose]();
    this.ended.resolve();
  }

  /** @param onFirst Called at the first message that comes. */
  #request(prefetch: number, onFirst?: () => void): Promise<void> {
    this.#wanted = prefetch;
    const change = this.#changing.then(() => this.#change(onFirst));
    this.#changing = change.catch(() => {});
    return change;
  }

  async #change(onFirst?: () => void): Promise<void> {
    if (this.lost || this.#prefetch === this.#wanted) return;
    const tag = this.#consumerTag;
    this.cancelled();
    if (tag !== undefined) await this.#channel.cancel(tag);
    if (this.#wanted > 0) await this.#begin(this.#wanted, onFirst);
  }

  async #begin(prefetch: number, onFirst?: () => void): Promise<void> {
    this.#prefetch = prefetch;
    this.#acks.expect(prefetch);
    await this.#channel.prefetch(prefetch);
    const { consumerTag } = await this.#channel.consume(this.#queue, this.#taker(onFirst));
    this.#consumerTag = consumerTag;
  }

  #taker(onFirst?: () => void): (message: ConsumeMessage | null) => void {
    const take = (message: ConsumeMessage | null) => this.#onMessage(this, message);
    if (!onFirst) return take;
    return (message) => {
      onFirst();
      take(message);
    };
  }

  /**
   * Sends an acknowledgement or a return. amqplib throws on a channel that is closing: the delivery
   * comes again then.
   */
  #command(frame: () => void): void {
    if (this.lost) return;
    this.#commands.sent();
    try {
      frame();
    } catch {
      this.lost = true;
    }
  }
}
