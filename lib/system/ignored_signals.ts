/**
 * The signals that this process was started to ignore.
 *
 * @module
 */

/** Signals that shells and `nohup` have programs ignore, with their numbers on Linux. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3 } as const;

let atStart: ReadonlySet<Deno.Signal> | undefined;

/**
 * Which of SIGHUP, SIGINT and SIGQUIT the process was started to ignore: SIGHUP by `nohup`, the other
 * two as a script's background job. The first call has to come before anything listens to a signal:
 * Deno then handles SIGHUP and SIGINT itself, and ends the process, where no code listens to them.
 *
 * @returns None where the system has no `/proc`.
 */
export function ignoredSignals(): ReadonlySet<Deno.Signal> {
  return atStart ??= read();
}

function read(): ReadonlySet<Deno.Signal> {
  try {
    return ignoredIn(Deno.readTextFileSync("/proc/self/status"));
  } catch {
    return new Set();
  }
}

/** The signals that are ignored, from the text of `/proc/self/status`. */
export function ignoredIn(status: string): ReadonlySet<Deno.Signal> {
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const names = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
  return new Set(names.filter((name) => (mask >> BigInt(NUMBERS[name] - 1) & 1n) === 1n));
}
