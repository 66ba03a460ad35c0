/**
 * The failures of a queue by their cause.
 *
 * @module
 */

import type { SettledReport } from "../engine/report.ts";
import { fingerprint } from "../errors/fingerprint.ts";

/** The most causes that are remembered. */
const MOST_GROUPS = 200;
/** The most characters of a message. */
const MOST_MESSAGE = 200;

/** The failures with one cause. Times are in ms since 1970. */
export interface ErrorGroup {
  readonly fingerprint: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly name: string;
  /** The last message, at most 200 characters. */
  readonly message: string;
  /** The id of the last event that failed so. */
  readonly sample: string;
}

/** The last failure. */
export interface LastError {
  /** ms since 1970. */
  readonly at: number;
  readonly reason: string;
  readonly name: string;
  /** At most 200 characters. */
  readonly message: string;
  /** How many runs failed one after another, up to now; 0 where the last run succeeded. */
  readonly inARow: number;
}

/** Groups failures. It remembers 200 causes; the one that was seen last is forgotten last. */
export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>();
  #last: Omit<LastError, "inARow"> | undefined;
  #inARow = 0;

  /** The last failure, if there was one. */
  get last(): LastError | undefined {
    return this.#last && { ...this.#last, inARow: this.#inARow };
  }

  /** A run has failed. @param at ms since 1970. */
  failed({ id, reason = "error", error }: SettledReport, at: number): void {
    const { name, message } = shownError(error);
    const key = fingerprint({ reason, error: error ?? { name, message } });
    const before = this.#groups.get(key);
    this.#last = { at, reason, name, message };
    this.#inARow++;
    this.#groups.delete(key);
    this.#groups.set(key, {
      fingerprint: key,
      count: (before?.count ?? 0) + 1,
      firstAt: before?.firstAt ?? at,
      lastAt: at,
      name,
      message,
      sample: id,
    });
    if (this.#groups.size > MOST_GROUPS) this.#forgetOldest();
  }

  /** A run has succeeded. */
  succeeded(): void {
    this.#inARow = 0;
  }

  /** The commonest causes, the commonest first. */
  commonest(most: number): readonly ErrorGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count || b.lastAt - a.lastAt)
      .slice(0, most);
  }

  #forgetOldest(): void {
    for (const key of this.#groups.keys()) return void this.#groups.delete(key);
  }
}

/** The name and the message of an error, which are redacted, cut. */
export function shownError(
  error: { readonly name: string; readonly message: string } | undefined,
): { readonly name: string; readonly message: string } {
  const { name = "Error", message = "" } = error ?? {};
  const isCut = message.length > MOST_MESSAGE;
  return { name, message: isCut ? `${message.slice(0, MOST_MESSAGE - 1)}…` : message };
}
