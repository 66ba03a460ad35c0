/**
 * The handler that runs: a promise that it did not await can be traced back to its event.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import type { Run } from "./run.ts";

const current = new AsyncLocalStorage<Run>();

/** Calls a handler. What it starts and does not await belongs to the run, too. */
export function callFor<Result>(run: Run, call: () => Result): Result {
  return current.run(run, call);
}

/**
 * Describes an error that nothing caught, with the events whose handler made the promise. Call it
 * where the runtime reports the error.
 */
export function uncaughtData(error: unknown): ErrorData {
  const events = current.getStore()?.items.map(({ job }) => job.id);
  return events === undefined ? errorData(error) : { ...errorData(error), events };
}
