/**
 * A channel with publisher confirms.
 *
 * @module
 */

import {
  type ChannelModel,
  type ConfirmChannel,
  IllegalOperationError,
  type Message,
} from "amqplib";
import { BrokerError, type EventProperties, unroutableError } from "../broker.ts";
import { fitted } from "../fit.ts";
import { closeChannel } from "./channel.ts";
import { type Address, explainChannel } from "./errors.ts";
import { bytesOf, NotEncodable, publishOptions } from "./properties.ts";

/** The channel closed before the broker confirmed the event, which may be stored or not. */
export class Unconfirmed extends Error {
  override readonly name = "Unconfirmed";
  /** What the broker closed because of an event published on it; `undefined` when a link was lost. */
  readonly closed: "channel" | "connection" | undefined;
  /** @param cause Why. @param closed What the broker closed because of an event. */
  constructor(cause: unknown, closed?: "channel" | "connection") {
    super("The channel closed before the event was confirmed", { cause });
    this.closed = closed;
  }
}

/** A copy because of which the broker closes the connection. */
export class ConnectionCloser extends BrokerError {
  /** @param queue The queue it was for. @param cause The broker's reason. */
  constructor(queue: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(
      "refused",
      `RabbitMQ closes the connection when an event for queue ${queue} is published (${why})`,
      { cause },
    );
  }
}

/** Frames of this size hold all properties that amqplib can encode, in bytes. */
const AMPLE_FRAME = 72 * 1024;

/** amqplib's word for a negative confirmation. */
const NACKED = "message nacked";

/** One publish that waits for its confirm. */
interface Waiting {
  readonly key: string;
  returned: boolean;
}

/**
 * A channel in confirm mode. The broker returns an unroutable event before it confirms it, and the
 * confirm does not say so: the two are matched by queue and message_id. Of several events with the
 * same two, all count as returned: one that was stored may be stored again, but none is lost.
 */
export class ConfirmedChannel {
  readonly #channel: ConfirmChannel;
  readonly #address: Address;
  readonly #frameMax: number;
  readonly #waiting = new Map<string, Waiting[]>();
  #error: Error | undefined;
  #isClosed = false;
  /** Whether an event was nacked on it. */
  #isRetired = false;
  /** Whether the event because of which the broker closed the channel has been found. */
  isExplained = false;

  private constructor(model: ChannelModel, channel: ConfirmChannel, address: Address) {
    this.#channel = channel;
    this.#address = address;
    this.#frameMax = frameMaxOf(model);
    channel.on("return", (message) => this.#onReturn(message));
    const onError = (error: Error) => this.#error = error;
    channel.on("error", onError);
    // Emitted before the channels close.
    model.on("error", onError);
    channel.on("close", () => {
      this.#isClosed = true;
      model.off("error", onError);
    });
  }

  /**
   * Whether more can be published on it. After a nack it cannot: a channel whose first event falls
   * into the election of a queue's leader is nacked on and on, where a new one is confirmed at once.
   */
  get isUsable(): boolean {
    return !this.#isClosed && !this.#isRetired;
  }

  /** Opens a channel. @throws {Unconfirmed} When the connection is lost. */
  static async open(model: ChannelModel, address: Address): Promise<ConfirmedChannel> {
    const channel = await model.createConfirmChannel().catch((error) => {
      throw new Unconfirmed(error);
    });
    return new ConfirmedChannel(model, channel, address);
  }

  /**
   * Publishes; resolves when the broker confirms the event.
   *
   * @throws {BrokerError} `unroutable` or `refused`.
   * @throws {Unconfirmed} When the channel closed.
   */
  publish(queue: string, body: Uint8Array | string, properties: EventProperties): Promise<void> {
    const waiting: Waiting = { key: keyOf(queue, properties.messageId), returned: false };
    return new Promise((resolve, reject) => {
      const onConfirm = (error: Error | null) => {
        this.#forget(waiting);
        if (waiting.returned) reject(unroutableError(queue));
        else if (!error) resolve();
        else reject(error.message === NACKED ? this.#nacked(queue) : this.#unconfirmed(error));
      };
      try {
        const isAmple = this.#frameMax >= AMPLE_FRAME;
        const options = publishOptions(isAmple ? properties : fitted(properties, this.#frameMax));
        this.#channel.publish("", queue, bytesOf(body), options, onConfirm);
      } catch (error) {
        const isClosed = this.#isClosed || error instanceof IllegalOperationError;
        return reject(isClosed ? this.#unconfirmed(error) : new NotEncodable(queue, error));
      }
      this.#remember(waiting);
    });
  }

  /** Why the broker closed the channel. */
  refusal(queue: string): BrokerError {
    const error = explainChannel(this.#error ?? new Error("channel closed"), queue, this.#address);
    return error.kind === "permission" ? error : refused(queue, error);
  }

  #nacked(queue: string): BrokerError {
    this.#isRetired = true;
    this.#closeIfDone();
    return refused(queue);
  }

  /** Closes a channel that is not used any more, once it has no event that waits for its confirm. */
  #closeIfDone(): void {
    if (!this.#isRetired || this.#isClosed || this.#waiting.size > 0) return;
    this.#isClosed = true;
    void closeChannel(this.#channel);
  }

  #unconfirmed(error: unknown): Unconfirmed {
    const { code, classId } = (this.#error ?? {}) as { code?: unknown; classId?: unknown };
    // amqplib gives the class of the method that failed for a channel only.
    const closed = typeof code !== "number"
      ? undefined
      : classId === undefined
      ? "connection"
      : "channel";
    return new Unconfirmed(this.#error ?? error, closed);
  }

  #remember(waiting: Waiting): void {
    const list = this.#waiting.get(waiting.key);
    if (list) list.push(waiting);
    else this.#waiting.set(waiting.key, [waiting]);
  }

  #forget(waiting: Waiting): void {
    const list = this.#waiting.get(waiting.key);
    if (!list) return;
    const index = list.indexOf(waiting);
    if (index >= 0) list.splice(index, 1);
    if (list.length === 0) this.#waiting.delete(waiting.key);
    this.#closeIfDone();
  }

  #onReturn({ fields, properties }: Message): void {
    const list = this.#waiting.get(keyOf(fields.routingKey, properties.messageId)) ?? [];
    for (const waiting of list) waiting.returned = true;
  }
}

function frameMaxOf(model: ChannelModel): number {
  return (model.connection as { frameMax?: number }).frameMax ?? Infinity;
}

function keyOf(queue: string, messageId: unknown): string {
  return `${queue}\n${messageId ?? ""}`;
}

function refused(queue: string, cause?: Error): BrokerError {
  const why = cause ? ` (${cause.message})` : ": it may be full " +
    "(x-max-length with reject-publish), have no leader (rabbitmq-queues quorum_status), or be on " +
    "a node that is down (rabbitmqctl cluster_status)";
  return new BrokerError("refused", `RabbitMQ did not take an event for queue ${queue}${why}`, {
    cause,
  });
}
