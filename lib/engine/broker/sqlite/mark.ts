/**
 * Marks beside the broker's file that all processes see.
 *
 * @module
 */

/** ms for which it is remembered whether a mark is there, because every transaction asks. */
const FRESH_MS = 50;

/** A mark: a small file that is there or not. */
export class Mark {
  readonly #path: string;
  #seen = { isThere: false, at: -Infinity };

  /** @param path The path of the mark. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Whether it is there. */
  get isThere(): boolean {
    const at = performance.now();
    if (at - this.#seen.at > FRESH_MS) this.#saw(exists(this.#path));
    return this.#seen.isThere;
  }

  /** Sets it, if it is not there. For this process it is, even if the disk cannot keep it. */
  set(text: string): void {
    tryTo(() => Deno.writeTextFileSync(this.#path, text, { createNew: true }));
    this.#saw(true);
  }

  /** Removes it. */
  clear(): void {
    tryTo(() => Deno.removeSync(this.#path));
    this.#saw(exists(this.#path));
  }

  /** What was written into it, as far as that can be read. */
  get text(): string {
    try {
      return Deno.readTextFileSync(this.#path);
    } catch {
      return "";
    }
  }

  #saw(isThere: boolean): void {
    this.#seen = { isThere, at: performance.now() };
  }
}

/** Whether there is a file. */
export function exists(path: string): boolean {
  return sizeOf(path) >= 0;
}

/** The size of a file in bytes; -1 when there is none. */
export function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return -1;
  }
}

/** Ignores errors: another process may do the same at this moment. What follows sees the result. */
export function tryTo(act: () => void): void {
  try {
    act();
  } catch {
    // See above.
  }
}
