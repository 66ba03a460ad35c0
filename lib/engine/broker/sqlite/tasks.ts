/**
 * What is written in a transaction, task by task.
 *
 * @module
 */

import { statementFault } from "../../../errors/sqlite_fault.ts";

/** One thing to write. */
export interface Task {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  /** Absent where the task is owed: it is tried until it is written. */
  readonly reject?: (error: unknown) => void;
}

/** What a task came to within its transaction. */
export interface Ran {
  readonly task: Task;
  readonly value?: unknown;
  /** Its own error: others of the transaction are not touched by it. */
  readonly error?: unknown;
}

/** Runs what has not run until the time is up; the first of all in any case. */
export function runUntil(end: number, tasks: readonly Task[], ran: Ran[]): void {
  while (ran.length < tasks.length && (ran.length === 0 || performance.now() < end)) {
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

/** Tells whoever asked what became of a task, once its transaction is written. */
export function answer({ task, value, error }: Ran): void {
  if (error === undefined) task.resolve(value);
  else task.reject?.(error);
}
