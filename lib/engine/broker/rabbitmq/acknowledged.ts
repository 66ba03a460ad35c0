/**
 * Closing a channel after many acknowledgements. The broker's side of a channel sends a quorum queue
 * 32 commands (an acknowledgement or a return is one) before the queue has answered, and keeps the
 * others back; a channel that closes meanwhile forgets them, and the events are delivered again.
 * Seen on RabbitMQ 3.10 and 4.0: 399 events were acknowledged one by one, and 366 came back.
 *
 * @module
 */

/** How many commands are sent without an answer. */
const MAX_UNANSWERED = 32;
/** How long a command may be without an answer, in ms. */
const ANSWER_MS = 1000;
/** How many times the broker is given the time to take answers, and how long each time, in ms. */
const TURNS = 10;
const TURN_MS = 20;

/** The commands that a channel has sent of late. */
export class SentCommands {
  readonly #now: () => number;
  #count = 0;
  #lastAt = -Infinity;

  /** @param now The time in ms. @default {performance.now()} */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A command was sent. */
  sent(): void {
    if (!this.#isRecent()) this.#count = 0;
    this.#lastAt = this.#now();
    this.#count++;
  }

  /** Whether the broker may keep some of them back. */
  get mayBeKeptBack(): boolean {
    return this.#count > MAX_UNANSWERED && this.#isRecent();
  }

  #isRecent(): boolean {
    return this.#now() - this.#lastAt < ANSWER_MS;
  }
}

/**
 * Waits until the queue most likely has what was sent: nothing in AMQP says so, but each request makes
 * the channel take the queue's answers, and then send what it kept back.
 *
 * @param request Sends a request on the channel; resolves when it is answered.
 */
export async function untilAcknowledged(request: () => Promise<unknown>): Promise<void> {
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      await request();
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
  } catch {
    // The channel closes: the broker delivers again what was not acknowledged.
  }
}
