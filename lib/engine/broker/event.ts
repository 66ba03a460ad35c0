/**
 * An event as brokers keep it.
 *
 * @module
 */

/** An event's properties, with the names and units of AMQP 0-9-1. */
export interface EventProperties {
  readonly messageId?: string | undefined;
  /** Seconds since 1970 (AMQP); the milliseconds are in the header `timestamp_in_ms`. */
  readonly timestamp?: number | undefined;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** Milliseconds, as a string (AMQP). */
  readonly expiration?: string | undefined;
  readonly priority?: number | undefined;
  readonly type?: string | undefined;
  readonly userId?: string | undefined;
  readonly appId?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** Why some properties of a delivery could not be read, which makes the event invalid. */
  readonly unreadable?: string | undefined;
}

/** An event in a queue, read without taking it. */
export interface StoredEvent {
  readonly body: Uint8Array;
  readonly properties: EventProperties;
}
