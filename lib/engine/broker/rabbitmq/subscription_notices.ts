/**
 * The notices about a subscription, for an operator.
 *
 * @module
 */

import { notice, type Reporter } from "../../report.ts";

/** Reports each trouble of one subscription once, not again and again. */
export class SubscriptionNotices {
  readonly #queue: string;
  readonly #report: Reporter;
  /** The trouble that was reported last. */
  #reported = "";
  #depthSeen: { readonly ready: number; readonly at: number } | undefined;

  /** @param queue The queue. @param report Takes the notices. */
  constructor(queue: string, report: Reporter) {
    this.#queue = queue;
    this.#report = report;
  }

  /** Notes how many events are ready, which is reported if the queue is deleted. */
  noteDepth(ready: number): void {
    this.#depthSeen = { ready, at: Date.now() };
  }

  /** The queue was consumed for a while: the next trouble is a new one. */
  consumed(): void {
    this.#reported = "";
  }

  /** The queue cannot be consumed now. @param text Why. */
  notConsumed(text: string): void {
    if (text === this.#reported) return;
    this.#reported = text;
    const message = "Queue {queue} cannot be consumed at the moment; it is tried again: {text}";
    this.#report(notice("warning", this.#queue, message, { properties: { text } }));
  }

  /** The broker closed the channel as a handler took too long. @param text Why, in full. */
  notAcknowledged(text: string): void {
    this.#report(notice("error", this.#queue, NOT_ACKNOWLEDGED, { properties: { text } }));
  }

  /** The broker cancelled the consumer, and the queue is still there. */
  cancelled(): void {
    this.#report(notice("warning", this.#queue, CANCELLED));
  }

  /** The queue was deleted while it was consumed, and was created again. */
  deleted(): void {
    const properties = { lost: this.#lostText() };
    this.#report(notice("error", this.#queue, DELETED, { properties }));
  }

  #lostText(): string {
    const seen = this.#depthSeen;
    if (!seen) return "an unknown number";
    const seconds = Math.round((Date.now() - seen.at) / 1000);
    return `about ${seen.ready} (ready ${seconds} s before)`;
  }
}

const NOT_ACKNOWLEDGED =
  "A handler of queue {queue} ran too long for RabbitMQ. It goes on, and is not called again when " +
  "its event is redelivered here. Set maxConsumeSeconds below consumer_timeout: {text}";
const DELETED =
  "Queue {queue} was deleted, with {lost} of its events: it is declared again and consumed";
const CANCELLED = "The broker cancelled the consumer of queue {queue}: the queue is consumed again";
