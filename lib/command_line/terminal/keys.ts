/**
 * Keys that somebody presses on the terminal.
 *
 * @module
 */

import process from "node:process";

/** Names of keys that are no characters. */
const NAMED: Readonly<Record<string, string>> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1bOA": "up",
  "\x1bOB": "down",
  "\r": "enter",
  "\n": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x1b": "escape",
  "\x03": "ctrl-c",
};
/** A sequence of a key, or one character. */
// deno-lint-ignore no-control-regex
const KEY = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^]/gu;

/** The keys in what a terminal sends: characters, and names such as `enter` or `ctrl-c`. */
export function keysIn(text: string): string[] {
  return [...text.matchAll(KEY)].map(([key]) => NAMED[key] ?? key);
}

/** Reads keys one by one, without Enter, until it is disposed of. */
export class TerminalKeys implements Disposable {
  readonly #onKey: (key: string) => void;
  readonly #onData = (data: Uint8Array) => {
    for (const key of keysIn(new TextDecoder().decode(data))) this.#onKey(key);
  };

  /** @param onKey Takes each key. */
  constructor(onKey: (key: string) => void) {
    this.#onKey = onKey;
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#onData);
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    process.stdin.off("data", this.#onData);
    process.stdin.pause();
    process.stdin.setRawMode(false);
  }
}
