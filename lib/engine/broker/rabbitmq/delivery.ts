/**
 * An event that RabbitMQ delivered on a channel.
 *
 * @module
 */

import type { ConsumeMessage } from "amqplib";
import type { Delivery, EventProperties } from "../broker.ts";
import type { ConsumerChannel } from "./consumer_channel.ts";
import type { DeliveryLimit } from "./delivery_limit.ts";

/** The header in which a quorum queue counts how often an event was returned. */
const DELIVERY_COUNT = "x-delivery-count";

/** One delivery; its tag has a meaning on its own channel only. */
export class RabbitDelivery implements Delivery {
  /** @inheritdoc */
  body: Uint8Array | null;
  readonly properties: EventProperties;
  readonly redelivered: boolean;
  readonly isNearLimit: boolean;
  /** The delivery tag. */
  readonly tag: number;
  /** Whether it is back in its queue; a copy of it may be on its way. */
  isReleased = false;

  /**
   * @param channel The channel it came on.
   * @param message What amqplib read.
   * @param limit The limit of its queue.
   */
  constructor(
    readonly channel: ConsumerChannel,
    { fields, properties, content }: ConsumeMessage,
    limit: DeliveryLimit,
  ) {
    this.tag = fields.deliveryTag;
    this.redelivered = fields.redelivered;
    this.isNearLimit = fields.redelivered && limit.isNear(properties.headers?.[DELIVERY_COUNT]);
    this.properties = properties as EventProperties;
    this.body = content;
  }

  /** @inheritdoc */
  get order(): number {
    return this.tag;
  }

  /** @inheritdoc */
  get lost(): boolean {
    return this.isReleased || this.channel.lost;
  }
}
