/**
 * Asks before something is changed.
 *
 * @module
 */

import { UsageError } from "../../errors/usage_error.ts";

/** How somebody is asked. */
export interface Asking {
  /** Whether somebody can be asked: input and errors are a terminal. */
  readonly isTerminal: boolean;
  /** Shows a question and reads a line; `null` at the end of the input. */
  readonly ask: (question: string) => string | null;
}

/** The terminal. */
export const TERMINAL: Asking = {
  get isTerminal() {
    return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  },
  ask: (question) => prompt(question),
};

/**
 * Whether something may be changed: `--yes` says so, or somebody answers `y`.
 *
 * @param question What will be done, with numbers, as a question without its `?`.
 * @throws {UsageError} Where nobody can be asked and there is no `--yes`.
 */
export function confirm(question: string, yes: boolean, asking: Asking = TERMINAL): boolean {
  if (yes) return true;
  if (!asking.isTerminal) {
    throw new UsageError(`${question}? Nobody can be asked here: add --yes if it is meant`);
  }
  return /^y(?:es)?$/i.test(asking.ask(`${question}? [y/N]`)?.trim() ?? "");
}
