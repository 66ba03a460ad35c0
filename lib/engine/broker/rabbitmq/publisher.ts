/**
 * Publishes with confirms: an event is stored, or its publisher gets the reason.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { type EventProperties, lostError } from "../broker.ts";
import { Backoff } from "./backoff.ts";
import { ConfirmedChannel, ConnectionCloser, Unconfirmed } from "./confirmed_channel.ts";
import type { Address } from "./errors.ts";
import { closedError, type Link } from "./link.ts";

/** The limit of the first wait before an event is published again, in ms. */
const FIRST_BACKOFF_MS = 50;

/** After how many ends of the connection an event is published apart from others. */
const APART_FROM = 2;

/** What became of the attempts to publish one event. */
export interface Attempts {
  /** How often the broker closed the connection while the event was outstanding. */
  closed: number;
}

/** Publishes over one connection, across its losses. */
export class Publisher {
  readonly #link: Link;
  readonly #address: Address;
  #channel: Promise<ConfirmedChannel> | undefined;
  #model: ChannelModel | undefined;
  /** The channel for events that are published one at a time. */
  #alone: ConfirmedChannel | undefined;
  /** Resolves when the last of these is confirmed or refused. */
  #turn: Promise<void> = Promise.resolve();

  /** @param link The connection, used for nothing but publishing. @param address For messages. */
  constructor(link: Link, address: Address) {
    this.#link = link;
    this.#address = address;
  }

  /**
   * Publishes; resolves when the broker confirms the event. It waits while there is no connection or
   * the broker has an alarm, and publishes again after each loss of the connection. An event that was
   * outstanding twice when the broker closed the connection is published on one of its own.
   *
   * @param isWanted Asked before each attempt.
   * @param past What became of earlier attempts. @default {none were made}
   * @throws {BrokerError} `unroutable`, `refused`, `permission` or `closed`; `lost` when it is not
   * wanted any more.
   */
  async publish(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    isWanted: () => boolean,
    past: Attempts = { closed: 0 },
  ): Promise<void> {
    const backoff = new Backoff(FIRST_BACKOFF_MS);
    while (isWanted()) {
      try {
        return past.closed < APART_FROM
          ? await this.#publishOnce(queue, body, properties, isWanted)
          : await this.#inTurn(() => this.#publishApart(queue, body, properties));
      } catch (error) {
        if (!(error instanceof Unconfirmed)) throw error;
        if (error.closed === "connection") past.closed++;
      }
      await backoff.wait(this.#link.closing);
    }
    throw lostError(queue);
  }

  async #publishOnce(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
    isWanted: () => boolean,
  ): Promise<void> {
    const channel = await this.#ready();
    if (!isWanted()) throw lostError(queue);
    try {
      await channel.publish(queue, body, properties);
    } catch (error) {
      if (!(error instanceof Unconfirmed && error.closed === "channel")) throw error;
      await this.#inTurn(() => this.#publishAlone(channel, queue, body, properties));
    }
  }

  #inTurn(publish: () => Promise<void>): Promise<void> {
    const published = this.#turn.then(publish);
    this.#turn = published.catch(() => {});
    return published;
  }

  /**
   * The broker closed a channel because of one of the events on it. To find that one, they are
   * published one at a time until one is refused; the others are then published as before.
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
      if (!(error instanceof Unconfirmed && error.closed === "channel")) throw error;
      failed.isExplained = true;
      throw channel.refusal(queue);
    }
  }

  /** Publishes on a connection of its own: where the broker closes that, no other event is lost. */
  async #publishApart(
    queue: string,
    body: Uint8Array | string,
    properties: EventProperties,
  ): Promise<void> {
    await this.#link.useAnother(async (model) => {
      const channel = await ConfirmedChannel.open(model, this.#address);
      try {
        await channel.publish(queue, body, properties);
      } catch (error) {
        if (!(error instanceof Unconfirmed)) throw error;
        if (error.closed === "connection") throw new ConnectionCloser(queue, error.cause);
        throw error.closed === "channel" ? channel.refusal(queue) : error;
      }
    });
  }

  async #aloneOn(model: ChannelModel): Promise<ConfirmedChannel> {
    if (!this.#alone?.isUsable) {
      this.#alone = await ConfirmedChannel.open(model, this.#address);
    }
    return this.#alone;
  }

  async #ready(): Promise<ConfirmedChannel> {
    for (;;) {
      if (this.#link.closing.aborted) throw closedError();
      if (this.#link.isBlocked) await this.#link.unblocked();
      const channel = await this.#channelOn(await this.#link.model());
      if (!channel.isUsable) throw new Unconfirmed(undefined);
      if (!this.#link.isBlocked) return channel;
    }
  }

  /** The shared channel; a new one when it cannot be used or the connection is another. */
  async #channelOn(model: ChannelModel): Promise<ConfirmedChannel> {
    if (this.#model !== model || !this.#channel) {
      this.#model = model;
      this.#channel = ConfirmedChannel.open(model, this.#address);
    }
    const opening = this.#channel;
    const channel = await opening.catch(() => undefined);
    if (!channel?.isUsable && this.#channel === opening) this.#channel = undefined;
    return channel ?? await opening;
  }
}
