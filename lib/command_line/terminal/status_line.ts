/**
 * A line on the terminal that is written over itself.
 *
 * @module
 */

const CLEAR_LINE = "\r\x1b[K";
/** How often the line is written, in ms. */
const INTERVAL_MS = 100;

/** Writes a line again and again over itself. */
export class StatusLine implements Disposable {
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  #writtenAt = -Infinity;

  /** @param write Writes to the terminal. @param now A clock, in ms. */
  constructor(write: (text: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  /** Says how far it has come; mostly writes nothing. */
  update(text: string): void {
    const now = this.#now();
    if (now - this.#writtenAt < INTERVAL_MS) return;
    this.#writtenAt = now;
    this.#write(CLEAR_LINE + text);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#writtenAt > -Infinity) this.#write(CLEAR_LINE);
    this.#writtenAt = -Infinity;
  }
}
