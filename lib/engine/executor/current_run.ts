/**
 * The handler that runs: a promise that it did not await can be traced back to its event.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { type Hide, HIDE_NOTHING } from "../../errors/hide.ts";
import type { Run } from "./run.ts";

/**
 * Where a promise comes from. The runtime keeps it for longer than the call lasts, so it is not the
 * run, which has the bodies.
 */
interface Origin {
  /** The ids of the events whose handler was called. */
  readonly events: readonly string[];
  /** Replaces their secrets. */
  readonly hide: Hide;
}

const current = new AsyncLocalStorage<Origin>();

/** How many runs with secrets are kept: an error that belongs to no run may quote one of them. */
const MOST_RECENT = 100;
/** The most characters of bodies that are kept with them, beside those of the last run. */
const MOST_CHARACTERS = 1024 * 1024;
const recent: { readonly run: Run; readonly length: number }[] = [];
let recentLength = 0;

/** Calls a handler. What it starts and does not await belongs to the run, too. */
export function callFor<Result>(run: Run, call: () => Result): Result {
  if (run.hide !== HIDE_NOTHING) remember(run);
  return current.run({ events: run.items.map(({ job }) => job.id), hide: run.hide }, call);
}

/**
 * Describes an error that nothing caught, with the events whose handler made the promise. Call it
 * where the runtime reports the error.
 */
export function uncaughtData(error: unknown): ErrorData {
  const origin = current.getStore();
  if (origin === undefined) return errorData(error, hideRecent);
  return { ...errorData(error, origin.hide), events: [...origin.events] };
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
