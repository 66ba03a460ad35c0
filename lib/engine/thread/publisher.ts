/**
 * Publishes for a worker in a thread, by way of the main thread.
 *
 * @module
 */

import { BrokerError, type BrokerErrorKind } from "../broker/broker.ts";
import { errorFrom } from "../../errors/error_data.ts";
import { Fifo } from "../executor/fifo.ts";
import type { FromThread, PublishFailure } from "./messages.ts";

/** How many may be on their way: the rest waits in the thread, whose heap is limited. */
const MOST_ON_THEIR_WAY = 200;

interface Publish {
  readonly queue: string;
  readonly body: string;
  readonly confirmed: PromiseWithResolvers<void>;
}

/** Publishes, in the order in which it is asked to. */
export class Publisher {
  readonly #say: (message: FromThread) => void;
  readonly #onTheirWay = new Map<number, Publish>();
  readonly #waiting = new Fifo<Publish>();
  #count = 0;

  /** @param say Sends a message to the main thread. */
  constructor(say: (message: FromThread) => void) {
    this.#say = say;
  }

  /**
   * Publishes a body to a queue; resolves when the broker has confirmed it.
   *
   * @throws {BrokerError} When it did not.
   */
  readonly publish = (queue: string, body: string): Promise<void> => {
    const confirmed = Promise.withResolvers<void>();
    const publish = { queue, body, confirmed };
    if (this.#onTheirWay.size < MOST_ON_THEIR_WAY) this.#send(publish);
    else this.#waiting.push(publish);
    return confirmed.promise;
  };

  /** What became of one, by its number; `null` when it is confirmed. */
  published(number: number, failure: PublishFailure | null): void {
    const { confirmed } = this.#onTheirWay.get(number) ?? {};
    this.#onTheirWay.delete(number);
    if (failure === null) confirmed?.resolve();
    else confirmed?.reject(asError(failure));
    const next = this.#waiting.shift();
    if (next) this.#send(next);
  }

  #send(publish: Publish): void {
    this.#onTheirWay.set(++this.#count, publish);
    this.#say(["publish", this.#count, publish.queue, publish.body]);
  }
}

function asError(failure: PublishFailure): Error {
  const { brokerKind, message } = failure;
  if (brokerKind === undefined) return errorFrom(failure);
  return new BrokerError(brokerKind as BrokerErrorKind, message);
}
