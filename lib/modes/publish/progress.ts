/**
 * A line on the terminal that says how far publishing has come.
 *
 * @module
 */

import { nounFor } from "../../errors/counted.ts";

/** How far it has come. */
export interface Step {
  /** Events that were confirmed. */
  readonly events: number;
  /** Seconds since the start. */
  readonly seconds: number;
  /** How much of the input has been read, 0 to 1; `undefined` where its size is not known. */
  readonly fraction: number | undefined;
}

const BAR_WIDTH = 24;
/** How often the line is written, in ms. */
const INTERVAL_MS = 100;
const CLEAR_LINE = "\r\x1b[K";

/** The line: a bar and per cent where the size is known, the count, and the rate. */
export function progressLine({ events, seconds, fraction }: Step): string {
  const rate = seconds > 0 ? Math.round(events / seconds) : 0;
  const noun = nounFor(events, "event");
  const count = `${events.toLocaleString("en")} ${noun}, ${rate.toLocaleString("en")}/s`;
  return fraction === undefined ? count : `${bar(fraction)} ${percent(fraction)}  ${count}`;
}

/** Writes the line again and again over itself. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #bytes: number | undefined;
  readonly #now: () => number;
  readonly #start: number;
  #written = -Infinity;

  /**
   * @param write Writes to the terminal.
   * @param bytes The input's size, where it is known.
   * @param now A clock, in ms.
   */
  constructor(
    write: (text: string) => void,
    bytes: number | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#bytes = bytes;
    this.#now = now;
    this.#start = now();
  }

  /** Tells how far it has come; mostly writes nothing. @param read Bytes of the input. */
  update(events: number, read: number): void {
    const now = this.#now();
    if (now - this.#written < INTERVAL_MS) return;
    this.#written = now;
    const fraction = this.#bytes ? Math.min(1, read / this.#bytes) : undefined;
    const seconds = (now - this.#start) / 1000;
    this.#write(CLEAR_LINE + progressLine({ events, seconds, fraction }));
  }

  /** Takes the line away. */
  end(): void {
    if (this.#written > -Infinity) this.#write(CLEAR_LINE);
  }
}

function bar(fraction: number): string {
  const done = Math.round(fraction * BAR_WIDTH);
  return `[${"#".repeat(done)}${" ".repeat(BAR_WIDTH - done)}]`;
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`.padStart(5);
}
