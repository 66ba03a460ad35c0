/**
 * Publishes with confirmation: an event is stored, or its publisher hears why not.
 *
 * @module
 */

import type { ChannelModel, ConfirmChannel, Message } from "amqplib";
import { BrokerError, type EventProperties } from "../broker.ts";
import { type Address, explainChannel } from "./errors.ts";
import { closedError, type Link } from "./link.ts";
import { bytesOf, publishOptions } from "./properties.ts";

/** The channel closed before the broker had confirmed: it may have the event or not. */
export class Unconfirmed extends Error {
  override readonly name = "Unconfirmed";
  /** Whether the broker closed the channel because of something published on it. */
  readonly byChannelError: boolean;
  constructor(cause: Error | undefined) {
    super("The channel closed before the event was confirmed", { cause });
    this.byChannelError = typeof (cause as { code?: unknown })?.code === "number";
  }
}

/** amqplib's word for a negative confirmation. */
const NACKED = "message nacked";

/** One publish that waits for its confirmation. */
interface Waiting {
  readonly key: string;
  returned: boolean;
}

/**
 * A channel with confirmations. The broker returns an event that no queue takes before it confirms
 * it, and the confirmation does not say so: the two are matched by queue and message_id.
 */
class ConfirmedChannel {
  readonly #channel: ConfirmChannel;
  readonly #address: Address;
  readonly #waiting = new Map<string, Waiting[]>();
  #error: Error | undefined;
  closed = false;

  private constructor(channel: ConfirmChannel, address: Address) {
    this.#channel = channel;
    this.#address = address;
    channel.on("return", (message) => this.#onReturn(message));
    channel.on("error", (error) => this.#error = error);
    channel.on("close", () => this.closed = true);
  }

  static async open(model: ChannelModel, address: Address): Promise<ConfirmedChannel> {
    return new ConfirmedChannel(await model.createConfirmChannel(), address);
  }

  publish(queue: string, body: Uint8Array | string, properties: EventProperties): Promise<void> {
    const waiting: Waiting = { key: keyOf(queue, properties.messageId), returned: false };
    return new Promise((resolve, reject) => {
      const onConfirm = (error: Error | null) => {
        this.#forget(waiting);
        if (waiting.returned) reject(unroutable(queue));
        else if (!error) resolve();
        else if (error.message === NACKED) reject(refused(queue));
        else reject(new Unconfirmed(this.#error));
      };
      try {
        const options = publishOptions(properties);
        this.#channel.publish("", queue, bytesOf(body), options, onConfirm);
      } catch (error) {
        if (this.closed || this.#error) return reject(new Unconfirmed(this.#error));
        return reject(notEncodable(queue, error));
      }
      this.#remember(waiting);
    });
  }

  /** Why the broker closed the channel. */
  refusal(queue: string): BrokerError {
    const error = explainChannel(this.#error ?? new Error("channel closed"), queue, this.#address);
    return error.kind === "permission" ? error : refused(queue, error);
  }

  async close(): Promise<void> {
    if (!this.closed) await this.#channel.close().catch(() => {});
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
  }

  #onReturn({ fields, properties }: Message): void {
    const list = this.#waiting.get(keyOf(fields.routingKey, properties.messageId));
    const first = list?.find((waiting) => !waiting.returned);
    if (first) first.returned = true;
  }
}

/** Publishes over one connection, across its losses. */
export class Publisher {
  readonly #link: Link;
  readonly #address: Address;
  #channel: Promise<ConfirmedChannel> | undefined;
  #model: ChannelModel | undefined;

  /** @param link The connection, used for nothing but publishing. @param address For messages. */
  constructor(link: Link, address: Address) {
    this.#link = link;
    this.#address = address;
  }

  /**
   * Publishes once, waiting while there is no connection or the broker has an alarm.
   *
   * @param isWanted Asked before sending: whether the event shall still be published.
   * @throws {BrokerError} `unroutable`, `refused`, `permission`, `closed`.
   * @throws {Unconfirmed} When the connection was lost meanwhile.
   */
  async publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    isWanted: () => boolean = () => true,
  ): Promise<void> {
    const channel = await this.#ready();
    if (!isWanted()) return;
    try {
      await channel.publish(queue, body, properties);
    } catch (error) {
      if (!(error instanceof Unconfirmed && error.byChannelError)) throw error;
      await this.#publishAlone(queue, body, properties);
    }
  }

  /** The broker closed a channel because of one of the events on it: this finds out which. */
  async #publishAlone(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
  ): Promise<void> {
    const channel = await ConfirmedChannel.open(await this.#link.model(), this.#address);
    try {
      await channel.publish(queue, body, properties);
    } catch (error) {
      throw error instanceof Unconfirmed && error.byChannelError ? channel.refusal(queue) : error;
    } finally {
      await channel.close();
    }
  }

  async #ready(): Promise<ConfirmedChannel> {
    for (;;) {
      if (this.#link.closing.aborted) throw closedError();
      if (this.#link.isBlocked) await this.#link.unblocked();
      const model = await this.#link.model();
      if (!this.#channel || this.#model !== model || (await this.#channel).closed) {
        this.#model = model;
        this.#channel = ConfirmedChannel.open(model, this.#address);
      }
      const channel = await this.#channel.catch(() => undefined);
      if (channel && !channel.closed && !this.#link.isBlocked) return channel;
      if (!channel) this.#channel = undefined;
    }
  }
}

function keyOf(queue: string, messageId: unknown): string {
  return `${queue}\n${messageId ?? ""}`;
}

function unroutable(queue: string): BrokerError {
  return new BrokerError(
    "unroutable",
    `There is no queue ${queue}: declare it before publishing to it`,
  );
}

function refused(queue: string, cause?: Error): BrokerError {
  const why = cause ? ` (${cause.message})` : ": it may be full (x-max-length with reject-publish)";
  return new BrokerError("refused", `RabbitMQ did not take an event for queue ${queue}${why}`, {
    cause,
  });
}

function notEncodable(queue: string, cause: unknown): BrokerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BrokerError(
    "refused",
    `The properties of an event for queue ${queue} cannot be sent: ${why}`,
    { cause },
  );
}
