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
/** The most characters of bodies that are kept with them, beside those of the last run. */
const MOST_CHARACTERS = 1024 * 1024;
const recent: { readonly run: Run; readonly length: number }[] = [];
let recentLength = 0;

/** Calls a handler. What it starts and does not await belongs to the run, too. */
export function callFor<Result>(run: Run, call: () => Result): Result {
  if (run.hide !== HIDE_NOTHING) remember(run);
  return current.run(run, call);
}

/**
 * Describes an error that nothing caught, with the events whose handler made the promise. Call it
 * where the runtime reports the error.
 */
export function uncaughtData(error: unknown): ErrorData {
  const run = current.getStore();
  if (run === undefined) return errorData(error, hideRecent);
  return { ...errorData(error, run.hide), events: run.items.map(({ job }) => job.id) };
}

/** Replaces the secrets of the last events, for an error that belongs to none of them. */
export function hideRecent(text: string): string {
  return recent.reduce((hidden, { run }) => run.hide(hidden), text);
}

function remember(run: Run): void {
  const length = run.items.reduce((sum, { job }) => sum + job.body.length, 0);
  recent.push({ run, length });
  recentLength += length;
  while (recent.length > MOST_RECENT || (recent.length > 1 && recentLength > MOST_CHARACTERS)) {
    recentLength -= recent.shift()?.length ?? 0;
  }
}
