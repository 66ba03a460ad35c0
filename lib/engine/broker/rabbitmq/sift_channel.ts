/**
 * The channel that holds the events of a queue while they are sifted.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";
import type { Channel, ConsumeMessage } from "amqplib";
import { TOO_LATE, within } from "../../../system/deadline.ts";
import type { EventProperties } from "../broker.ts";
import type { SiftRun } from "../sift.ts";
import type { Address } from "./errors.ts";
import { messageOf } from "./channel.ts";
import { passingEvent } from "./properties.ts";

/** What is sifted, and how events are published. */
export interface RabbitSift {
  readonly queue: string;
  readonly isQuorum: boolean;
  readonly address: Address;
  /** Resolves when the broker has confirmed the event. */
  readonly publish: (to: string, body: Uint8Array, properties: EventProperties) => Promise<void>;
  /** How long events are taken in one pass, in ms. @default {15 minutes} */
  readonly holdMs?: number | undefined;
  /** How many events a consumer of a quorum queue is sent at most. @default {65,535} */
  readonly quorumPrefetch?: number | undefined;
}

/** How often to check whether events still come, in ms. */
const CHECK_MS = 100;
/** After this time without an event, in ms, the broker is asked whether there are more. */
const IDLE_MS = 300;
/** The most that AMQP can say; 0 says without a limit, which quorum queues take for 2,000. */
const MAX_PREFETCH = 65_535;
/** After how long a wait for matches to leave, in seconds, what is kept is returned before it. */
const LONG_SECONDS = 2;
/** How many deliveries are acknowledged before the broker is asked whether it has read that. */
const ACKNOWLEDGED_AT_ONCE = 25;
/** How many deliveries are returned in one turn of the event loop. */
const RELEASED_AT_ONCE = 1000;

/** Takes the events of one queue, and holds them until they are acknowledged or it is closed. */
export class SiftChannel {
  readonly #channel: Channel;
  readonly #task: RabbitSift;
  readonly #run: SiftRun<number>;
  /** The last delivery, and the last of those that were returned. */
  #last = 0;
  #released = 0;
  #hasAcknowledged = false;
  #isFlushed = true;
  #consumers = 0;
  #lastAt = 0;
  /** The last delivery when the queue was found empty; -1 where it was not. */
  #emptyAt = -1;
  /** Why nothing more can be taken. */
  #error: Error | undefined;

  /** @param channel A channel without a consumer. */
  constructor(channel: Channel, task: RabbitSift, run: SiftRun<number>) {
    this.#channel = channel;
    this.#task = task;
    this.#run = run;
    channel.on("error", (error) => this.#error = error);
    channel.on("close", () => this.#error ??= new Error("the channel was closed"));
  }

  /**
   * Takes events until the run wants no more for now, there are no more, or the time is over. The
   * consumer is cancelled then: what is released must not come back at once.
   *
   * @param deadline By `performance.now()`.
   * @throws {Error} When the channel was closed.
   */
  async take(deadline: number): Promise<void> {
    const { queue } = this.#task;
    const prefetch = this.#prefetch;
    await this.#channel.prefetch(prefetch);
    const first = this.#last;
    const stopped = Promise.withResolvers<void>();
    const isDone = () => {
      const isUsedUp = prefetch > 0 && this.#last - first >= prefetch;
      return isUsedUp || this.#run.left === 0 || this.#run.isFull;
    };
    const onMessage = (message: ConsumeMessage | null) => {
      if (message) this.#take(message);
      else this.#error = new Error(`NOT_FOUND - the broker has cancelled the consumer of ${queue}`);
      if (!message || isDone()) stopped.resolve();
    };
    this.#lastAt = performance.now();
    const consumerTag = this.#nextTag();
    await this.#channel.consume(queue, onMessage, { consumerTag });
    while (!isDone() && !this.#error && performance.now() < deadline) {
      if (await within(CHECK_MS, stopped.promise) !== TOO_LATE) break;
      await this.#checkIdle();
    }
    this.#assertOpen();
    await this.#channel.cancel(consumerTag);
    this.#assertOpen();
  }

  /**
   * Returns what is kept before a long wait, so that others see it. A quorum queue would put it
   * behind other events, or count a delivery: there it is held until the end.
   *
   * @returns Whether it was returned: it is looked at again then.
   */
  async releaseKept(): Promise<boolean> {
    const isWorth = this.#run.pacedSeconds > LONG_SECONDS;
    if (!isWorth || this.#task.isQuorum || this.#hasAcknowledged) return false;
    const held = new Set(this.#run.held.map(({ handle }) => handle));
    for (let tag = this.#released + 1; tag <= this.#last; tag++) {
      if (!held.has(tag)) this.#channel.nack(messageOf(tag), false, true);
      if (tag % RELEASED_AT_ONCE === 0) await setImmediate();
    }
    this.#released = this.#last;
    await this.#channel.checkQueue(this.#task.queue);
    this.#hasAcknowledged = false;
    return true;
  }

  /** Acknowledges deliveries; resolves when the broker has read that. */
  async acknowledge(tags: readonly number[]): Promise<void> {
    this.#assertOpen();
    for (let from = 0; from < tags.length; from += ACKNOWLEDGED_AT_ONCE) {
      const some = tags.slice(from, from + ACKNOWLEDGED_AT_ONCE);
      for (const tag of some) this.#channel.ack(messageOf(tag));
      this.#isFlushed = false;
      await this.#channel.checkQueue(this.#task.queue);
    }
    if (tags.some((tag) => tag > this.#released)) this.#hasAcknowledged = true;
  }

  /**
   * Waits until a quorum queue has applied the acknowledgements. RabbitMQ passes only 32 of them on
   * before it waits for the queue, and forgets the others if the channel is closed then. The answer to
   * a new consumer comes when the queue has applied what was passed on; the others are passed on then.
   *
   * @param deadline When events are not looked at any more, by `performance.now()`.
   */
  async flush(deadline: number): Promise<void> {
    if (this.#isFlushed || !this.#task.isQuorum) return;
    for (let round = 0; round < 2; round++) {
      await this.#channel.prefetch(1);
      const consumerTag = this.#nextTag();
      const { queue } = this.#task;
      const onMessage = (message: ConsumeMessage | null) => {
        if (message && performance.now() < deadline) this.#take(message);
      };
      await this.#channel.consume(queue, onMessage, { consumerTag });
      await this.#channel.cancel(consumerTag);
    }
    this.#isFlushed = true;
  }

  get #prefetch(): number {
    const { isQuorum, quorumPrefetch = MAX_PREFETCH } = this.#task;
    const { left } = this.#run;
    if (isQuorum) return Math.min(left, quorumPrefetch);
    return left > MAX_PREFETCH ? 0 : left;
  }

  /**
   * When the channel closes, a quorum queue takes back what each consumer holds, in the order of the
   * names of up to 32 consumers.
   */
  #nextTag(): string {
    return `sift-${String(++this.#consumers).padStart(6, "0")}`;
  }

  #take(message: ConsumeMessage): void {
    this.#last = message.fields.deliveryTag;
    this.#lastAt = performance.now();
    this.#run.look(passingEvent(message), this.#last);
  }

  /** Notes that the queue has no more events, where none came for a while. */
  async #checkIdle(): Promise<void> {
    if (this.#error || performance.now() - this.#lastAt < IDLE_MS) return;
    const { messageCount } = await this.#channel.checkQueue(this.#task.queue);
    const last = messageCount === 0 ? this.#last : -1;
    // Deliveries can be on their way behind the answer: it counts when it comes twice.
    if (last >= 0 && last === this.#emptyAt) this.#run.ranOut();
    this.#emptyAt = last;
  }

  #assertOpen(): void {
    if (this.#error) throw this.#error;
  }
}
