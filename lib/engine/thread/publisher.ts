/**
 * Publishes for a worker in a thread, through the main thread.
 *
 * @module
 */

import { BrokerError, type BrokerErrorKind } from "../broker/broker.ts";
import { errorFrom } from "../../errors/error_data.ts";
import { Fifo } from "../executor/fifo.ts";
import type { FromThread, PublishFailure } from "./messages.ts";

/** How many publishes may be unconfirmed: the others wait in the thread, whose heap is limited. */
const MAX_UNCONFIRMED = 200;

interface Publish {
  readonly queue: string;
  readonly body: string;
  readonly id: string;
  readonly confirmed: PromiseWithResolvers<void>;
}

/** Publishes in the order of the calls. */
export class Publisher {
  readonly #say: (message: FromThread) => void;
  readonly #unconfirmed = new Map<number, Publish>();
  readonly #waiting = new Fifo<Publish>();
  #count = 0;

  /** @param say Sends a message to the main thread. */
  constructor(say: (message: FromThread) => void) {
    this.#say = say;
  }

  /**
   * Publishes a body to a queue; resolves when the broker has confirmed it.
   *
   * @param id Its `message_id`. @default {a UUID}
   * @throws {BrokerError} When the broker did not confirm it.
   */
  readonly publish = (queue: string, body: string, id = ""): Promise<void> => {
    const confirmed = Promise.withResolvers<void>();
    const publish = { queue, body, id, confirmed };
    if (this.#unconfirmed.size < MAX_UNCONFIRMED) this.#send(publish);
    else this.#waiting.push(publish);
    return confirmed.promise;
  };

  /** A publish has its answer. @param failure Why it failed, or `null` when it is confirmed. */
  published(number: number, failure: PublishFailure | null): void {
    const { confirmed } = this.#unconfirmed.get(number) ?? {};
    this.#unconfirmed.delete(number);
    if (failure === null) confirmed?.resolve();
    else confirmed?.reject(asError(failure));
    const next = this.#waiting.shift();
    if (next) this.#send(next);
  }

  #send(publish: Publish): void {
    this.#unconfirmed.set(++this.#count, publish);
    this.#say(["publish", this.#count, publish.queue, publish.body, publish.id]);
  }
}

function asError(failure: PublishFailure): Error {
  const { brokerKind, message } = failure;
  if (brokerKind === undefined) return errorFrom(failure);
  return new BrokerError(brokerKind as BrokerErrorKind, message);
}
