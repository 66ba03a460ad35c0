/**
 * Turns settlements, in whatever order they come, into as few acknowledgements as is safe.
 *
 * @module
 */

import { ANSWERED, SETTLED, TagStates, UNSETTLED } from "./tag_states.ts";

/** The channel that acknowledgements go to. */
export interface AckChannel {
  /** Acknowledges one delivery, or with `multiple` all up to it that are not answered yet. */
  ack(tag: number, multiple: boolean): void;
}

/** The most settlements that one acknowledgement waits for. */
const MAX_ACKS_IN_ONE = 100;

/**
 * Collects the settled tags of one channel and acknowledges the highest below which nothing is
 * unsettled, when min(100, prefetch / 2) have gathered or the deferred flush runs, whichever comes
 * first. When as many wait behind an unsettled one, they are acknowledged one by one, so that a
 * slow event does not stop the flow; fewer wait a while. It belongs to one channel: a new one starts again at tag 1.
 */
export class AckCoalescer {
  readonly #channel: AckChannel;
  readonly #defer: (flush: () => void) => void;
  readonly #later: (flush: () => void) => void;
  readonly #flush = () => {
    this.#isDeferred = false;
    this.flush();
  };
  readonly #flushBehind = () => this.#ackBehind();
  readonly #tags = new TagStates();
  /** The most settlements that one acknowledgement waits for. */
  #most = 1;
  /** The highest tag that may be acknowledged with all below it. */
  #ready = 0;
  #readyCount = 0;
  #behindCount = 0;
  /** Tags that were settled behind an unsettled one; some may have been passed over since. */
  #behind: number[] = [];
  #isDeferred = false;

  /**
   * @param channel The channel that acknowledgements go to.
   * @param defer Runs a function once, at the end of this turn of the event loop or soon after.
   * @param later Runs a function once, a while later; what is settled behind a slow event waits no
   * longer than that. @default {never}
   */
  constructor(
    channel: AckChannel,
    defer: (flush: () => void) => void,
    later: (flush: () => void) => void = () => {},
  ) {
    this.#channel = channel;
    this.#defer = defer;
    this.#later = later;
  }

  /** Sets how many deliveries are unsettled at once at most: the consumer's prefetch count. */
  expect(prefetch: number): void {
    this.#most = Math.max(1, Math.min(MAX_ACKS_IN_ONE, Math.floor(prefetch / 2)));
  }

  /** Acknowledges a delivery, now or with a later one. */
  settled(tag: number): void {
    if (this.#behindCount === 0 && this.#tags.passInOrder(tag)) {
      this.#ready = tag;
      this.#readyCount++;
    } else this.#settledBehind(tag);
    if (this.#readyCount >= this.#most) this.flush();
    if (this.#behindCount >= this.#most) this.#ackBehind();
    this.#deferFlush();
  }

  /** Notes that a delivery was answered otherwise, by a nack: an acknowledgement may pass it. */
  answered(tag: number): void {
    this.#tags.mark(tag, ANSWERED);
    this.#advance();
    this.#deferFlush();
  }

  /** Sends what may be acknowledged together. */
  flush(): void {
    if (this.#readyCount === 0) return;
    const tag = this.#ready;
    const multiple = this.#readyCount > 1;
    this.#readyCount = 0;
    this.#channel.ack(tag, multiple);
  }

  /** Acknowledges everything that is settled, also what waits behind an unsettled delivery. */
  flushAll(): void {
    this.flush();
    this.#ackBehind();
  }

  #deferFlush(): void {
    if (this.#isDeferred || this.#readyCount === 0) return;
    this.#isDeferred = true;
    this.#defer(this.#flush);
  }

  #settledBehind(tag: number): void {
    this.#tags.mark(tag, SETTLED);
    if (this.#behindCount++ === 0) this.#later(this.#flushBehind);
    this.#behind.push(tag);
    this.#advance();
    if (this.#behind.length > 2 * this.#most) this.#behind = this.#tagsBehind();
  }

  /** Passes over all that is settled at the low end. */
  #advance(): void {
    for (let state = this.#tags.pass(); state !== UNSETTLED; state = this.#tags.pass()) {
      if (state !== SETTLED) continue;
      this.#ready = this.#tags.next - 1;
      this.#readyCount++;
      this.#behindCount--;
    }
  }

  /** The tags behind an unsettled one, without those that were passed over. */
  #tagsBehind(): number[] {
    return this.#behind.filter((tag) => tag > this.#tags.next);
  }

  #ackBehind(): void {
    if (this.#behindCount === 0) return;
    const tags = this.#tagsBehind();
    this.#behind = [];
    this.#behindCount = 0;
    for (const tag of tags) {
      this.#tags.mark(tag, ANSWERED);
      this.#channel.ack(tag, false);
    }
  }
}
