/**
 * Turns settlements, in whatever order they come, into as few acknowledgements as is safe.
 *
 * @module
 */

/** What is told the broker. */
export interface AckChannel {
  /** Acknowledges one delivery, or with `multiple` all up to it that are not answered yet. */
  ack(tag: number, multiple: boolean): void;
}

const UNSETTLED = 0;
const SETTLED = 1;
const ANSWERED = 2;

/** The most settlements that one acknowledgement waits for. */
const MAX_ACKS_IN_ONE = 100;

/**
 * Collects the settled tags of one channel and acknowledges the highest below which nothing is
 * unsettled, when min(100, prefetch / 2) have gathered or the time for it has come, whichever is
 * first. When as many wait behind an unsettled one, they are acknowledged one by one, so that a
 * slow event does not stop the flow. It belongs to one channel: a new one starts again at tag 1.
 */
export class AckCoalescer {
  readonly #channel: AckChannel;
  #most = 1;
  readonly #defer: (flush: () => void) => void;
  readonly #flush = () => {
    this.#deferred = false;
    this.flush();
  };
  #states = new Uint8Array(1024);
  /** The lowest tag that is not settled. */
  #next = 1;
  /** The highest tag that was settled. */
  #highest = 0;
  /** The highest tag that may be acknowledged with all below it; 0 when there is none. */
  #ready = 0;
  #readyCount = 0;
  #behindHole = 0;
  /** Tags that were settled behind an unsettled one; some may have been passed over since. */
  #behind: number[] = [];
  #deferred = false;

  /**
   * @param channel Where acknowledgements go.
   * @param defer Runs a function once, when this turn of the event loop is over or soon after.
   */
  constructor(channel: AckChannel, defer: (flush: () => void) => void) {
    this.#channel = channel;
    this.#defer = defer;
  }

  /** So many deliveries will be unsettled at once at the most: the consumer's prefetch count. */
  expect(prefetch: number): void {
    this.#most = Math.max(1, Math.min(MAX_ACKS_IN_ONE, Math.floor(prefetch / 2)));
  }

  /** The delivery is done with: acknowledge it. */
  settled(tag: number): void {
    if (tag === this.#next && this.#behindHole === 0 && tag > this.#highest) {
      this.#highest = this.#ready = tag;
      this.#next++;
      this.#readyCount++;
    } else {
      this.#mark(tag, SETTLED);
      this.#behindHole++;
      this.#behind.push(tag);
      this.#advance();
      if (this.#behind.length > 2 * this.#most) this.#behind = this.#tagsBehindHole();
    }
    if (this.#readyCount >= this.#most) this.flush();
    if (this.#behindHole >= this.#most) this.#ackBehindHole();
    this.#deferFlush();
  }

  /** The delivery was answered otherwise (sent back): an acknowledgement may pass over it. */
  answered(tag: number): void {
    this.#mark(tag, ANSWERED);
    this.#advance();
    this.#deferFlush();
  }

  /** Sends what may be acknowledged now. */
  flush(): void {
    if (this.#readyCount === 0) return;
    const tag = this.#ready;
    const multiple = this.#readyCount > 1;
    this.#readyCount = 0;
    this.#channel.ack(tag, multiple);
  }

  /** Sends everything that is settled, also what waits behind an unsettled delivery. */
  flushAll(): void {
    this.flush();
    this.#ackBehindHole();
  }

  #deferFlush(): void {
    if (this.#deferred || this.#readyCount === 0) return;
    this.#deferred = true;
    this.#defer(this.#flush);
  }

  #mark(tag: number, state: number): void {
    if (tag - this.#next >= this.#states.length) this.#grow(tag - this.#next + 1);
    this.#states[tag % this.#states.length] = state;
    if (tag > this.#highest) this.#highest = tag;
  }

  #grow(needed: number): void {
    const old = this.#states;
    const states = new Uint8Array(2 ** Math.ceil(Math.log2(needed)) * 2);
    for (let tag = this.#next; tag <= this.#highest; tag++) {
      states[tag % states.length] = old[tag % old.length] ?? UNSETTLED;
    }
    this.#states = states;
  }

  /** Passes over all that is settled at the low end. */
  #advance(): void {
    const states = this.#states;
    while (this.#next <= this.#highest) {
      const slot = this.#next % states.length;
      if (states[slot] === UNSETTLED) return;
      if (states[slot] === SETTLED) {
        this.#ready = this.#next;
        this.#readyCount++;
        this.#behindHole--;
      }
      states[slot] = UNSETTLED;
      this.#next++;
    }
  }

  /** Without those that were passed over since they were settled. */
  #tagsBehindHole(): number[] {
    return this.#behind.filter((tag) => tag > this.#next);
  }

  #ackBehindHole(): void {
    if (this.#behindHole === 0) return;
    const tags = this.#tagsBehindHole();
    this.#behind = [];
    this.#behindHole = 0;
    for (const tag of tags) {
      this.#states[tag % this.#states.length] = ANSWERED;
      this.#channel.ack(tag, false);
    }
  }
}
