/**
 * A thread as the system knows it, for runtimes that cannot try to take the lock of a file.
 *
 * @module
 */

/** The path of a thread below `/proc`; `undefined` where there is none, or it may not be read. */
export type TaskPath = string | undefined;

/** The thread that asks. */
export function ownTask(): TaskPath {
  try {
    return `/proc/${Deno.readLinkSync("/proc/thread-self")}`;
  } catch {
    return undefined;
  }
}

/** Whether a thread is there; one that is not known is taken for gone. */
export function isTaskThere(task: TaskPath): boolean {
  if (task === undefined) return false;
  try {
    return Deno.statSync(task).isDirectory;
  } catch {
    return false;
  }
}
