/**
 * An event that RabbitMQ delivered on a channel.
 *
 * @module
 */

import type { ConsumeMessage } from "amqplib";
import type { Delivery, EventProperties } from "../broker.ts";
import type { ConsumerChannel } from "./consumer_channel.ts";

/** One delivery; its tag has a meaning on its own channel only. */
export class RabbitDelivery implements Delivery {
  /** @inheritdoc */
  body: Uint8Array | null;
  readonly properties: EventProperties;
  readonly redelivered: boolean;
  /** The delivery tag. */
  readonly tag: number;
  /** Whether it is back in its queue; a copy of it may be on its way. */
  isReleased = false;

  /** @param channel The channel it came on. @param message What amqplib read. */
  constructor(readonly channel: ConsumerChannel, { fields, properties, content }: ConsumeMessage) {
    this.tag = fields.deliveryTag;
    this.redelivered = fields.redelivered;
    this.properties = properties as EventProperties;
    this.body = content;
  }

  /** @inheritdoc */
  get lost(): boolean {
    return this.isReleased || this.channel.lost;
  }
}
