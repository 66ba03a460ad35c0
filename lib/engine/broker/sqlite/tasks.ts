/**
 * The tasks of a transaction.
 *
 * @module
 */

import { statementFault } from "../../../errors/sqlite_fault.ts";

/** One thing to write. */
export interface Task {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  /** Missing where the task is owed, which means that it is tried until it is written. */
  readonly reject?: (error: unknown) => void;
}

/** The result of a task within its transaction. */
export interface Ran {
  readonly task: Task;
  readonly value?: unknown;
  /** The task's own error, which does not touch the other tasks. */
  readonly error?: unknown;
}

/** Runs the tasks that have not run until it is late, and the first in any case. */
export function runUntil(isLate: () => boolean, tasks: readonly Task[], ran: Ran[]): void {
  while (ran.length < tasks.length && (ran.length === 0 || !isLate())) {
    const task = tasks[ran.length];
    if (task) ran.push(run(task));
  }
}

function run(task: Task): Ran {
  try {
    return { task, value: task.run() };
  } catch (error) {
    if (statementFault(error)) throw error;
    return { task, error };
  }
}

/** Settles the promise of a task, once its transaction is written. */
export function answer({ task, value, error }: Ran): void {
  if (error === undefined) task.resolve(value);
  else task.reject?.(error);
}
