/**
 * When the next pass of a loop begins: a decision, as a pure function.
 *
 * @module
 */

/** How a pass ended: there is more to do now, there is not, or it failed. */
export type PassEnd = "more" | "done" | "failed";

/** What comes after a pass. */
export interface NextPass {
  /** Seconds until the next one. */
  readonly waitSeconds: number;
  /** How many passes have failed in a row. */
  readonly failures: number;
}

/** The longest wait after a failure, in seconds, unless passes are farther apart anyway. */
const LONGEST_SECONDS = 300;

/**
 * Decides what comes after a pass. Failures in a row double the wait, up to 300 s.
 *
 * @param everySeconds The loop's own wait.
 * @param failures How many passes before this one have failed in a row.
 */
export function nextPass(end: PassEnd, everySeconds: number, failures: number): NextPass {
  if (end === "more") return { waitSeconds: 0, failures: 0 };
  if (end === "done") return { waitSeconds: everySeconds, failures: 0 };
  const longest = Math.max(everySeconds, LONGEST_SECONDS);
  return {
    waitSeconds: Math.min(everySeconds * 2 ** failures, longest),
    failures: failures + 1,
  };
}
