/**
 * The handler that runs: a promise that it did not await can be traced back to its event.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { HIDE_NOTHING } from "../../errors/hide.ts";
import type { Run } from "./run.ts";

const current = new AsyncLocalStorage<Run>();

/** How many runs with secrets are kept: an error that belongs to no run may quote one of them. */
const MOST_RECENT = 100;
const recent: Run[] = [];

/** Calls a handler. What it starts and does not await belongs to the run, too. */
export function callFor<Result>(run: Run, call: () => Result): Result {
  if (run.hide !== HIDE_NOTHING) {
    recent.push(run);
    if (recent.length > MOST_RECENT) recent.shift();
  }
  return current.run(run, call);
}

/**
 * Describes an error that nothing caught, with the events whose handler made the promise. Call it
 * where the runtime reports the error.
 */
export function uncaughtData(error: unknown): ErrorData {
  const run = current.getStore();
  if (run === undefined) return errorData(error, hideOfRecent);
  return { ...errorData(error, run.hide), events: run.items.map(({ job }) => job.id) };
}

function hideOfRecent(text: string): string {
  return recent.reduce((hidden, { hide }) => hide(hidden), text);
}
