/**
 * A bounded number of publishes that wait for their confirmation.
 *
 * @module
 */

/** Lets a bounded number of publishes wait for their confirmation. */
export class ConfirmWindow {
  readonly #limit: number;
  #outstanding = 0;
  #confirmed = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** @param limit How many may wait at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many were confirmed. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /** Starts a publish as soon as there is room for it. @throws The first failure of any. */
  async add(publish: () => Promise<void>): Promise<void> {
    while (this.#outstanding >= this.#limit && !this.#failure) await this.#change();
    this.#rethrow();
    this.#outstanding += 1;
    publish().then(() => this.#end(), (error: unknown) => this.#end({ error }));
  }

  /** Waits for all that are outstanding. @throws The first failure of any, once all have ended. */
  async drain(): Promise<void> {
    await this.end();
    this.#rethrow();
  }

  /** Waits for all that are outstanding, and throws nothing. */
  async end(): Promise<void> {
    while (this.#outstanding > 0) await this.#change();
  }

  #rethrow(): void {
    if (this.#failure) throw this.#failure.error;
  }

  #end(failure?: { readonly error: unknown }): void {
    this.#outstanding -= 1;
    if (failure) this.#failure ??= failure;
    else this.#confirmed += 1;
    this.#wake?.();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
