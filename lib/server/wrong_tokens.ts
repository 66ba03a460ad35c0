/**
 * How often an address has sent a wrong token.
 *
 * @module
 */

/** The most wrong tokens of an address in a minute. */
const MOST_WRONG = 5;
const MINUTE_MS = 60_000;
/** The most addresses that are remembered. */
const MOST_ADDRESSES = 10_000;

/** Counts wrong tokens. */
export class WrongTokens {
  readonly #now: () => number;
  readonly #times = new Map<string, readonly number[]>();

  /** @param now A clock in ms. @default {performance.now} */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether no token of the address is looked at for now. */
  isLimited(address: string): boolean {
    return this.#recent(address).length >= MOST_WRONG;
  }

  /** The address has sent a wrong one. */
  add(address: string): void {
    const recent = [...this.#recent(address), this.#now()];
    this.#times.delete(address);
    this.#times.set(address, recent);
    if (this.#times.size > MOST_ADDRESSES) this.#forgetOldest();
  }

  #recent(address: string): readonly number[] {
    const since = this.#now() - MINUTE_MS;
    return (this.#times.get(address) ?? []).filter((at) => at > since);
  }

  #forgetOldest(): void {
    for (const address of this.#times.keys()) return void this.#times.delete(address);
  }
}
