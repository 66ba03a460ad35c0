/**
 * The queues on RabbitMQ: found as they are, or made.
 *
 * @module
 */

import type { Channel, ChannelModel } from "amqplib";
import { LADDER, retryQueueName } from "../../retry.ts";
import { type Address, explainChannel } from "./errors.ts";

/** How queues are made. */
export interface TopologyOptions {
  readonly address: Address;
  /** The type of queues made here; those that exist are used as they are. */
  readonly queueType: "classic" | "quorum";
}

/** Declares queues, each attempt on a channel of its own, as a refusal closes the channel. */
export class Topology {
  readonly #options: TopologyOptions;
  /** Queues for retries and failed events that are known to be there. */
  readonly #known = new Set<string>();

  /** @param options How queues are made. */
  constructor(options: TopologyOptions) {
    this.#options = options;
  }

  /**
   * Makes sure that a queue exists, whatever its type and arguments.
   *
   * @returns Whether it had to be made.
   * @throws {BrokerError} When it may not be used or made.
   */
  async declare(model: ChannelModel, queue: string): Promise<boolean> {
    if (await this.depth(model, queue)) return false;
    await this.#make(model, queue, this.#arguments(model));
    return true;
  }

  /** A queue of events that were given up: durable and classic, whatever the main queue is. */
  async declareFailed(model: ChannelModel, queue: string): Promise<void> {
    if (this.#known.has(queue)) return;
    if (!await this.depth(model, queue)) await this.#make(model, queue, {});
    this.#known.add(queue);
  }

  /**
   * Makes sure of the queue in which events of `queue` wait for `step` seconds. It is a quorum
   * queue that hands its events over at least once: a classic one can lose confirmed events when
   * the broker dies while they expire.
   *
   * @returns Its name.
   */
  async declareRetry(model: ChannelModel, queue: string, step: number): Promise<string> {
    const name = retryQueueName(queue, step);
    if (this.#known.has(name)) return name;
    await this.#make(model, name, {
      "x-queue-type": "quorum",
      "x-dead-letter-strategy": "at-least-once",
      "x-overflow": "reject-publish",
      "x-message-ttl": step * 1000,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": queue,
    });
    this.#known.add(name);
    return name;
  }

  /** What is known may be wrong: a queue was deleted, or another broker answers. */
  forget(): void {
    this.#known.clear();
  }

  /** How full a queue is; `undefined` when there is none. */
  async depth(
    model: ChannelModel,
    queue: string,
  ): Promise<{ ready: number; consumers: number } | undefined> {
    try {
      const { messageCount, consumerCount } = await withChannel(
        model,
        (channel) => channel.checkQueue(queue),
      );
      return { ready: messageCount, consumers: consumerCount };
    } catch (error) {
      if ((error as { code?: unknown }).code === 404) return undefined;
      throw explainChannel(error, queue, this.#options.address);
    }
  }

  /** Deletes retry queues that are empty and not used by these steps any more. */
  async deleteUnusedRetryQueues(
    model: ChannelModel,
    queue: string,
    used: ReadonlySet<number>,
  ): Promise<void> {
    for (const step of LADDER) {
      if (used.has(step)) continue;
      const name = retryQueueName(queue, step);
      const depth = await this.depth(model, name);
      if (depth?.ready !== 0) continue;
      const options = { ifEmpty: true, ifUnused: true };
      await withChannel(model, (channel) => channel.deleteQueue(name, options)).catch(() => {});
      this.#known.delete(name);
    }
  }

  async #make(
    model: ChannelModel,
    queue: string,
    args: Record<string, unknown>,
  ): Promise<void> {
    try {
      const options = { durable: true, arguments: args };
      await withChannel(model, (channel) => channel.assertQueue(queue, options));
    } catch (error) {
      throw explainChannel(error, queue, this.#options.address);
    }
  }

  /** RabbitMQ before 4.0 takes a delivery limit of -1 and then drops at the first requeue. */
  #arguments(model: ChannelModel): Record<string, unknown> {
    if (this.#options.queueType === "classic") return {};
    const version = String(model.connection.serverProperties.version ?? "0");
    const unlimited = Number.parseInt(version) >= 4 ? { "x-delivery-limit": -1 } : {};
    return { "x-queue-type": "quorum", ...unlimited };
  }
}

/** Does one thing on a channel of its own. */
export async function withChannel<Result>(
  model: ChannelModel,
  use: (channel: Channel) => Promise<Result>,
): Promise<Result> {
  const channel = await model.createChannel();
  let failed = false;
  channel.on("error", () => failed = true);
  channel.on("close", () => failed = true);
  try {
    return await use(channel);
  } finally {
    if (!failed) await channel.close().catch(() => {});
  }
}
