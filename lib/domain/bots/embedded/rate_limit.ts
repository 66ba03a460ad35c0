/**
 * How fast a bot may send messages. Pure except for its memory.
 *
 * @module
 */

/** The most messages within {@linkcode WITHIN_MS}. */
const MOST = 20;
const WITHIN_MS = 5_000;

/** Counts the messages of one run of a bot, which may answer to itself for ever. */
export class MessageRate {
  readonly #sent: number[] = [];

  /** Whether one more message may be sent now, which counts then. @param now ms. */
  allows(now: number): boolean {
    while ((this.#sent[0] ?? now) <= now - WITHIN_MS) this.#sent.shift();
    if (this.#sent.length >= MOST) return false;
    this.#sent.push(now);
    return true;
  }
}
