/**
 * Things that are said once.
 *
 * @module
 */

/** Makes a function that calls another one the first time, and does nothing after that. */
export function once<Args extends readonly unknown[]>(
  act: (...args: Args) => void,
): (...args: Args) => void {
  let isDone = false;
  return (...args) => {
    if (isDone) return;
    isDone = true;
    act(...args);
  };
}

/** Reports a warning that concerns the whole process, unless one was reported before. */
export type WarnOnce = (warn: () => void) => void;

/** Makes a {@linkcode WarnOnce} for the queues of a process. */
export function warnOnce(): WarnOnce {
  return once((warn: () => void) => warn());
}
