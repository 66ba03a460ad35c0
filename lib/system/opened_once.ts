/**
 * What is opened when it is first needed.
 *
 * @module
 */

/** Something that is opened once, again where that failed. */
export class OpenedOnce<Resource extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<Resource>;
  #opened: Promise<Resource> | undefined;

  /** Opens nothing yet. */
  constructor(open: () => Promise<Resource>) {
    this.#open = open;
  }

  /** What is open, for all who ask. @throws What opening throws; the next call opens again. */
  get(): Promise<Resource> {
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** Closes what is open, or is being opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
