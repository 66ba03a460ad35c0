/**
 * Output that is shown again and again.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";

/** Moves to the top left corner and clears what follows. */
export const CLEAR = "\x1b[H\x1b[J";
const UNKNOWN_WIDTH = 80;
const UNKNOWN_HEIGHT = 24;

/** Where a command shows its output. */
export interface Screen {
  /** The width of a line. */
  readonly width: number;
  /** Whether it is a terminal, which is cleared before each showing. */
  readonly isTerminal: boolean;
  /** Writes a line. */
  print(line: string): void;
}

/** The standard output. @param print Writes a line to it. */
export function standardScreen(print: (line: string) => void): Screen {
  const isTerminal = Deno.stdout.isTerminal();
  return { width: isTerminal ? terminalSize().width : UNKNOWN_WIDTH, isTerminal, print };
}

/**
 * Shows lines once, or every so many seconds.
 *
 * @param seconds `undefined`: once.
 * @param signal Ends it.
 * @returns What the last `show` has returned.
 */
export async function watch(
  screen: Screen,
  seconds: number | undefined,
  show: () => Promise<{ readonly lines: readonly string[]; readonly code: number }>,
  signal?: AbortSignal,
): Promise<number> {
  for (;;) {
    const { lines, code } = await show();
    const clear = seconds !== undefined && screen.isTerminal ? CLEAR : "";
    if (lines.length > 0) screen.print(clear + lines.join("\n"));
    if (seconds === undefined || signal?.aborted) return code;
    const wasAborted = await delay(seconds * 1000, false, { signal }).catch(() => true);
    if (wasAborted) return code;
  }
}

/** The columns and lines of the terminal; 80 and 24 where they are not known. */
export function terminalSize(): { readonly width: number; readonly height: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { width: columns || UNKNOWN_WIDTH, height: rows || UNKNOWN_HEIGHT };
  } catch {
    return { width: UNKNOWN_WIDTH, height: UNKNOWN_HEIGHT };
  }
}
