/**
 * A token that is used by many requests, and renewed before it expires.
 *
 * @module
 */

/** A token as it was issued. */
export interface IssuedToken {
  readonly text: string;
  /** From when on a new one should be used, in ms since 1970. */
  readonly renewAt: number;
  /** From when on it is refused, in ms since 1970. */
  readonly expiresAt: number;
}

/** ms after which a renewal that failed is tried again, while the token is still valid. */
const TRY_AGAIN_MS = 30_000;

/** The current token. All who ask while it is being issued wait for the same one. */
export class SharedToken {
  readonly #issue: (now: number) => Promise<IssuedToken>;
  readonly #clock: () => number;
  #token: IssuedToken | undefined;
  #issuedAt = 0;
  #triedAt = -Infinity;
  #issuing: Promise<string> | undefined;

  /** @param issue Makes a token. @param clock The time in ms since 1970. */
  constructor(issue: (now: number) => Promise<IssuedToken>, clock: () => number = Date.now) {
    this.#issue = issue;
    this.#clock = clock;
  }

  /**
   * A token that is valid now. Where a new one cannot be had, the old one serves while it is valid.
   *
   * @throws What issuing throws, where there is no valid token; the next call tries again.
   */
  async get(): Promise<string> {
    const now = this.#clock();
    const token = this.#token;
    if (!token || now >= token.expiresAt || now < this.#issuedAt) return await this.#renew(now);
    if (now < token.renewAt || now < this.#triedAt + TRY_AGAIN_MS) return token.text;
    return await this.#renew(now).catch(() => token.text);
  }

  /** A service has refused this token: the next call gets another. */
  forget(text: string): void {
    if (this.#token?.text === text) this.#token = undefined;
  }

  #renew(now: number): Promise<string> {
    this.#issuing ??= this.#issueOne(now).finally(() => {
      this.#issuing = undefined;
    });
    return this.#issuing;
  }

  async #issueOne(now: number): Promise<string> {
    this.#triedAt = now;
    const token = await this.#issue(now);
    this.#token = token;
    this.#issuedAt = now;
    return token.text;
  }
}
