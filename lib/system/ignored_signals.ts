/**
 * The signals that this process was started to ignore.
 *
 * @module
 */

/** Signals that shells and `nohup` have programs ignore, with their numbers on Linux. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3 } as const;

/** The variable that names the signals which the parent of `--watch` was started to ignore. */
export const IGNORED_BY_PARENT = "PROCESS_QUEUE_WATCH_IGNORED";

let atStart: ReadonlySet<Deno.Signal> | undefined;

/**
 * Which of SIGHUP, SIGINT and SIGQUIT the process was started to ignore: SIGHUP by `nohup`, the other
 * two as a script's background job; with `--watch`, the parent was. The first call has to come before anything listens to a signal:
 * Deno then handles SIGHUP and SIGINT itself, and ends the process, where no code listens to them.
 *
 * @returns None where the system has no `/proc`.
 */
export function ignoredSignals(): ReadonlySet<Deno.Signal> {
  return atStart ??= new Set([...read(), ...ofParent()]);
}

/** Deno resets what it has handled in its own children. The variable is not for theirs. */
function ofParent(): Deno.Signal[] {
  const names = Deno.env.get(IGNORED_BY_PARENT)?.split(",") ?? [];
  Deno.env.delete(IGNORED_BY_PARENT);
  return (Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).filter((name) => names.includes(name));
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
