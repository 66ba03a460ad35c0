/** Waiting times between attempts: doubling up to a limit, with full jitter. */
export class Backoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  #attempt = 0;

  /** @param baseMs The first limit. @param maxMs The last. */
  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** It worked: the next wait is short again. */
  reset(): void {
    this.#attempt = 0;
  }

  /** How long to wait now, in ms. */
  next(): number {
    const limit = Math.min(this.#maxMs, this.#baseMs * 2 ** this.#attempt++);
    return limit * Math.random();
  }

  /** Waits, or less long when the signal is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, this.next());
      signal.addEventListener("abort", end, { once: true });
    });
  }
}
