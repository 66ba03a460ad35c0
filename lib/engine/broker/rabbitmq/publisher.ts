/**
 * Publishes with confirmation: an event is stored, or its publisher hears why not.
 *
 * @module
 */

import {
  type ChannelModel,
  type ConfirmChannel,
  IllegalOperationError,
  type Message,
} from "amqplib";
import { BrokerError, type EventProperties, lostError } from "../broker.ts";
import { type Address, explainChannel } from "./errors.ts";
import { closedError, type Link } from "./link.ts";
import { bytesOf, publishOptions } from "./properties.ts";

/** The channel closed before the broker had confirmed: it may have the event or not. */
export class Unconfirmed extends Error {
  override readonly name = "Unconfirmed";
  /** Whether the broker closed the channel because of something published on it. */
  readonly byChannelError: boolean;
  /** @param cause Why. @param byChannelError Whether because of something published on it. */
  constructor(cause: unknown, byChannelError = false) {
    super("The channel closed before the event was confirmed", { cause });
    this.byChannelError = byChannelError;
  }
}

/** The event's properties cannot be written as AMQP has them; it was not sent. */
export class NotEncodable extends BrokerError {
  /** @param queue Where it was to go. @param cause What amqplib says. */
  constructor(queue: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The properties of an event for queue ${queue} cannot be sent: ${why}`;
    super("refused", message, { cause });
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
 * it, and the confirmation does not say so: the two are matched by queue and message_id. Where
 * several wait under the same, all count as returned: one that was stored may be stored again, but
 * none is lost.
 */
class ConfirmedChannel {
  readonly #channel: ConfirmChannel;
  readonly #address: Address;
  readonly #waiting = new Map<string, Waiting[]>();
  #error: Error | undefined;
  closed = false;
  /** Whether it is known for which of its events the broker closed it. */
  isExplained = false;

  private constructor(channel: ConfirmChannel, address: Address) {
    this.#channel = channel;
    this.#address = address;
    channel.on("return", (message) => this.#onReturn(message));
    channel.on("error", (error) => this.#error = error);
    channel.on("close", () => this.closed = true);
  }

  /** @throws {Unconfirmed} When the connection is lost. */
  static async open(model: ChannelModel, address: Address): Promise<ConfirmedChannel> {
    try {
      return new ConfirmedChannel(await model.createConfirmChannel(), address);
    } catch (error) {
      throw new Unconfirmed(error);
    }
  }

  publish(queue: string, body: Uint8Array | string, properties: EventProperties): Promise<void> {
    const waiting: Waiting = { key: keyOf(queue, properties.messageId), returned: false };
    return new Promise((resolve, reject) => {
      const onConfirm = (error: Error | null) => {
        this.#forget(waiting);
        if (waiting.returned) reject(unroutable(queue));
        else if (!error) resolve();
        else if (error.message === NACKED) reject(refused(queue));
        else reject(this.#unconfirmed(error));
      };
      try {
        const options = publishOptions(properties);
        this.#channel.publish("", queue, bytesOf(body), options, onConfirm);
      } catch (error) {
        const isClosed = this.closed || error instanceof IllegalOperationError;
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

  #unconfirmed(error: unknown): Unconfirmed {
    const byChannelError =
      typeof (this.#error as { code?: unknown } | undefined)?.code === "number";
    return new Unconfirmed(this.#error ?? error, byChannelError);
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
    const list = this.#waiting.get(keyOf(fields.routingKey, properties.messageId)) ?? [];
    for (const waiting of list) waiting.returned = true;
  }
}

/** Publishes over one connection, across its losses. */
export class Publisher {
  readonly #link: Link;
  readonly #address: Address;
  #channel: Promise<ConfirmedChannel> | undefined;
  #model: ChannelModel | undefined;
  /** The channel for events that are published one after another, and the last of them. */
  #alone: ConfirmedChannel | undefined;
  #turn: Promise<void> = Promise.resolve();

  /** @param link The connection, used for nothing but publishing. @param address For messages. */
  constructor(link: Link, address: Address) {
    this.#link = link;
    this.#address = address;
  }

  /**
   * Publishes once, waiting while there is no connection or the broker has an alarm.
   *
   * @param isWanted Asked before sending: whether the event shall still be published.
   * @throws {BrokerError} `unroutable`, `refused`, `permission`, `closed`; `lost` when it was not
   * wanted any more.
   * @throws {Unconfirmed} When the connection was lost meanwhile.
   */
  async publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    isWanted: () => boolean = () => true,
  ): Promise<void> {
    const channel = await this.#ready();
    if (!isWanted()) throw lostError(queue);
    try {
      await channel.publish(queue, body, properties);
    } catch (error) {
      if (!(error instanceof Unconfirmed && error.byChannelError)) throw error;
      await this.#inTurn(() => this.#publishAlone(channel, queue, body, properties));
    }
  }

  #inTurn(publish: () => Promise<void>): Promise<void> {
    const published = this.#turn.then(publish);
    this.#turn = published.catch(() => {});
    return published;
  }

  /**
   * The broker closed a channel because of one of the events on it. To find out which, they are
   * published one after another, until one is refused; then the others are published as before.
   */
  async #publishAlone(
    failed: ConfirmedChannel,
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
  ): Promise<void> {
    if (failed.isExplained) throw new Unconfirmed(undefined);
    const channel = await this.#aloneOn(await this.#link.model());
    try {
      await channel.publish(queue, body, properties);
    } catch (error) {
      if (!(error instanceof Unconfirmed && error.byChannelError)) throw error;
      failed.isExplained = true;
      throw channel.refusal(queue);
    }
  }

  async #aloneOn(model: ChannelModel): Promise<ConfirmedChannel> {
    if (!this.#alone || this.#alone.closed) {
      this.#alone = await ConfirmedChannel.open(model, this.#address);
    }
    return this.#alone;
  }

  async #ready(): Promise<ConfirmedChannel> {
    for (;;) {
      if (this.#link.closing.aborted) throw closedError();
      if (this.#link.isBlocked) await this.#link.unblocked();
      const channel = await this.#channelOn(await this.#link.model());
      if (channel.closed) throw new Unconfirmed(undefined);
      if (!this.#link.isBlocked) return channel;
    }
  }

  /** The channel that all use, opened anew when it was closed or the connection is another. */
  async #channelOn(model: ChannelModel): Promise<ConfirmedChannel> {
    if (this.#model !== model || !this.#channel) {
      this.#model = model;
      this.#channel = ConfirmedChannel.open(model, this.#address);
    }
    const opening = this.#channel;
    const channel = await opening.catch(() => undefined);
    const isUsable = channel !== undefined && !channel.closed;
    if (!isUsable && this.#channel === opening) this.#channel = undefined;
    return channel ?? await opening;
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
  const why = cause ? ` (${cause.message})` : ": it may be full " +
    "(x-max-length with reject-publish) or have no leader (rabbitmq-queues quorum_status)";
  return new BrokerError("refused", `RabbitMQ did not take an event for queue ${queue}${why}`, {
    cause,
  });
}
