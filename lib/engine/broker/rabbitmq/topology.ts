/**
 * Declaring queues on RabbitMQ.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { failedQueueName, retryQueueName } from "../../settle/retry.ts";
import { withChannel } from "./channel.ts";
import {
  type Address,
  explainChannel,
  isFlagDisabled,
  isUnavailable,
  quorumRefused,
  whereOf,
} from "./errors.ts";
import { isQuorumQueue } from "./queue_arguments.ts";

/** How queues are made. */
export interface TopologyOptions {
  readonly address: Address;
  /** The type of queues made here; those that exist are used as they are. */
  readonly queueType: "classic" | "quorum";
}

/** The state of a queue when it was declared. */
export interface Declared {
  /** Whether it had to be made. */
  readonly isNew: boolean;
  /** Events ready to be delivered. */
  readonly ready: number;
}

/** The version from which on quorum queues cannot be switched off. */
const ALWAYS_QUORUM = [3, 12] as const;

/**
 * Declares queues, each on a channel of its own, because a refusal closes the channel. It deletes
 * none: RabbitMQ cannot delete a quorum queue on the condition that it is empty, and does not count
 * events that are being dead-lettered. A retry queue that is no longer used runs empty.
 */
export class Topology {
  readonly #options: TopologyOptions;
  /** Retry queues and failed queues that are known to exist. */
  readonly #known = new Set<string>();
  /** Queues that are being declared. */
  readonly #declaring = new Map<string, Promise<void>>();
  /** The check that the broker makes quorum queues, once it was made. */
  #quorum: Promise<void> | undefined;

  /** @param options How queues are made. */
  constructor(options: TopologyOptions) {
    this.#options = options;
  }

  /**
   * Makes sure that a queue exists, whatever its type and arguments.
   *
   * @throws {BrokerError} When it may not be used or made.
   */
  async declare(model: ChannelModel, queue: string): Promise<Declared> {
    const depth = await this.depth(model, queue);
    if (depth) return { isNew: false, ready: depth.ready };
    const args = this.#options.queueType === "quorum" ? quorumArguments(model) : {};
    await this.#make(model, queue, args);
    return { isNew: true, ready: 0 };
  }

  /** Makes sure that a queue exists; calls at the same time share one attempt. */
  async ensure(model: ChannelModel, queue: string): Promise<void> {
    await this.#shared(queue, async () => void await this.declare(model, queue));
  }

  /**
   * Declares the queue for the dead letters of `queue`, of the same type, so that what loses none of
   * the one loses none of the other. One that exists is used as it is.
   *
   * @returns Its name.
   */
  async declareFailed(model: ChannelModel, queue: string): Promise<string> {
    const name = failedQueueName(queue);
    await this.#ensure(name, async () => {
      if (await this.depth(model, name)) return;
      const isQuorum = await isQuorumQueue(model, queue) ?? this.#options.queueType === "quorum";
      // Not left to the virtual host's default, under which it could have a delivery limit.
      const args = isQuorum ? quorumArguments(model) : { "x-queue-type": "classic" };
      await this.#make(model, name, args);
    });
    return name;
  }

  /**
   * Declares the queue in which events of `queue` wait for `step` seconds. It is a quorum queue that
   * dead-letters at least once: a classic one can lose confirmed events when the broker dies while
   * they expire.
   *
   * @returns Its name.
   */
  async declareRetry(model: ChannelModel, queue: string, step: number): Promise<string> {
    const name = retryQueueName(queue, step);
    await this.#ensure(name, () =>
      this.#make(model, name, {
        "x-queue-type": "quorum",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-message-ttl": step * 1000,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
      }));
    return name;
  }

  /** Forgets what is known: a queue was deleted, or another broker answers. */
  forget(): void {
    this.#known.clear();
    this.#quorum = undefined;
  }

  /**
   * How full a queue is; `undefined` when there is none.
   *
   * @throws {BrokerError} When the queue may not be used, or cannot be used now.
   */
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
      const isMissing = (error as { code?: unknown }).code === 404 && !isUnavailable(error);
      if (isMissing) return undefined;
      throw explainChannel(error, queue, this.#options.address);
    }
  }

  /**
   * Checks that the broker makes the queues that retries need, without making one: it is asked for
   * a queue that is not durable, which it always refuses, but a missing feature flag it names first.
   * One check serves all queues, because a flag cannot be switched off.
   *
   * @throws {BrokerError} When a feature flag is off; names the flag.
   */
  async checkQuorum(model: ChannelModel, queue: string): Promise<void> {
    if (isAtLeast(versionOf(model), ALWAYS_QUORUM)) return;
    const checking = this.#quorum ??= this.#checkFlags(model, queue);
    try {
      await checking;
    } catch (error) {
      if (this.#quorum === checking) this.#quorum = undefined;
      throw error;
    }
  }

  /** Declares a queue unless it is known to exist. */
  async #ensure(name: string, declare: () => Promise<void>): Promise<void> {
    if (this.#known.has(name)) return;
    await this.#shared(name, declare);
    this.#known.add(name);
  }

  /** Runs one declaration of a queue at a time; who comes meanwhile waits for the same. */
  async #shared(name: string, declare: () => Promise<void>): Promise<void> {
    const running = this.#declaring.get(name);
    if (running) return await running;
    const declaring = declare();
    this.#declaring.set(name, declaring);
    try {
      await declaring;
    } finally {
      this.#declaring.delete(name);
    }
  }

  async #make(
    model: ChannelModel,
    queue: string,
    args: Record<string, unknown>,
  ): Promise<void> {
    const { address } = this.#options;
    const options = { durable: true, arguments: args };
    try {
      await listening(
        model,
        () => withChannel(model, (channel) => channel.assertQueue(queue, options)),
      );
    } catch (error) {
      if (isFlagDisabled(error)) throw quorumRefused("quorum_queue", whereOf(address), error);
      throw explainChannel(error, queue, address);
    }
  }

  async #checkFlags(model: ChannelModel, queue: string): Promise<void> {
    await this.#checkFlag(model, queue, "quorum");
    // Dead-lettering at least once is built on streams.
    await this.#checkFlag(model, queue, "stream");
  }

  async #checkFlag(model: ChannelModel, queue: string, type: "quorum" | "stream"): Promise<void> {
    const options = { durable: false, arguments: { "x-queue-type": type } };
    const name = `${retryQueueName(queue, 0)}-check`;
    try {
      await listening(
        model,
        () => withChannel(model, (channel) => channel.assertQueue(name, options)),
      );
    } catch (error) {
      if (!isFlagDisabled(error)) return;
      throw quorumRefused(`${type}_queue`, whereOf(this.#options.address), error);
    }
  }
}

/** RabbitMQ before 4.0 accepts a delivery limit of -1 and then drops events at the first requeue. */
function quorumArguments(model: ChannelModel): Record<string, unknown> {
  const unlimited = isAtLeast(versionOf(model), [4, 0]) ? { "x-delivery-limit": -1 } : {};
  return { "x-queue-type": "quorum", ...unlimited };
}

/** Throws an error that closes the connection, which reaches no channel. */
async function listening<Result>(model: ChannelModel, use: () => Promise<Result>): Promise<Result> {
  let fatal: Error | undefined;
  const onError = (error: Error) => fatal = error;
  model.on("error", onError);
  try {
    return await use();
  } catch (error) {
    throw fatal ?? error;
  } finally {
    model.off("error", onError);
  }
}

function versionOf(model: ChannelModel): readonly number[] {
  return String(model.connection.serverProperties.version ?? "0").split(".").map(Number);
}

function isAtLeast([major = 0, minor = 0]: readonly number[], least: readonly number[]): boolean {
  const [leastMajor = 0, leastMinor = 0] = least;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
