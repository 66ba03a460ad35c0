/**
 * The child's side of `--watch`: it stops when its parent has ended.
 *
 * @module
 */

/** The environment variable that has the process id of the parent. */
export const PARENT_PID = "PROCESS_QUEUE_WATCH_PID";

/** How long events may run on when the child is to end, in ms: then it gets a second signal. */
export const HURRY_MS = 500;

/** How often the child checks whether its parent still runs, in ms. */
const CHECK_MS = 250;

/** How long running events have to finish, in s: less than is set where `--watch` is the parent. */
export function stopGraceSeconds(setting: number): number {
  return Deno.env.has(PARENT_PID) ? Math.min(setting, HURRY_MS / 1000) : setting;
}

/**
 * Calls `stop` once when the parent has ended, even if it was killed. Without the variable
 * {@linkcode PARENT_PID} it does nothing. It removes the variable, because the processes that a
 * worker starts have another parent.
 *
 * @returns Ends the check.
 */
export function whenParentEnds(stop: () => void): Disposable {
  const pid = Deno.env.get(PARENT_PID);
  if (pid === undefined) return { [Symbol.dispose]: () => {} };
  Deno.env.delete(PARENT_PID);
  const timer = setInterval(() => {
    // The system gives a process whose parent has ended another parent.
    if (Deno.ppid === Number(pid)) return;
    clearInterval(timer);
    stop();
  }, CHECK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
