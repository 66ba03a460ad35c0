/**
 * A thread as the system knows it, for runtimes that cannot try the lock of a file.
 *
 * @module
 */

/** The path of a thread below `/proc`; `undefined` where there is none that may be read. */
export type TaskPath = string | undefined;

/** The calling thread. */
export function ownTask(): TaskPath {
  try {
    return `/proc/${Deno.readLinkSync("/proc/thread-self")}`;
  } catch {
    return undefined;
  }
}

/** Whether a thread exists; an unknown one does not. */
export function isTaskThere(task: TaskPath): boolean {
  if (task === undefined) return false;
  try {
    return Deno.statSync(task).isDirectory;
  } catch {
    return false;
  }
}
