/** The maximum of the limit, in ms. */
const MAX_MS = 2000;

/** The waits between attempts: a limit that doubles up to a maximum, with full jitter. */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  #attempt = 0;

  /** @param baseMs The first limit. @param maxMs The maximum. @default {2000} */
  constructor(baseMs: number, maxMs: number = MAX_MS) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** Makes the next wait short again, after a success. */
  reset(): void {
    this.#attempt = 0;
  }

  /** The next wait, in ms. */
  next(): number {
    const limit = Math.min(this.#maxMs, this.#baseMs * 2 ** this.#attempt++);
    return limit * Math.random();
  }

  /** Waits; returns early when the signal is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return wait(this.next(), signal);
  }
}

/** Waits for `ms` milliseconds; returns early when the signal is aborted. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
