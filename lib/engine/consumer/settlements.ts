/**
 * The settlements that do not come from a run.
 *
 * @module
 */

import { Refusal } from "./accept.ts";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import type { Settlement } from "../settle/outcome.ts";
import type { Entry } from "./entry.ts";

/** An event this many ms early runs: the retry queue's jitter makes it a little early. */
const HOP_TOLERANCE_MS = 1000;

const NOT_DUE: ErrorData = { name: "NotDue", message: "Its time has not come" };

/** A dead letter at once, for what no worker could take: a {@linkcode Refusal} needs no stack. */
export function invalid(error: unknown): Settlement {
  const data = errorData(error);
  return {
    kind: "fail",
    reason: "invalid",
    attempts: 1,
    error: error instanceof Refusal ? { ...data, stack: undefined } : data,
  };
}

/**
 * An event whose delay is longer than the ladder waits on, and nothing is counted.
 *
 * @param now ms since 1970.
 * @returns `undefined` when it may run now.
 */
export function notDue(entry: Entry, now: number): Settlement | undefined {
  const wait = entry.notBefore - now;
  return wait > HOP_TOLERANCE_MS ? waitingOn(entry, wait / 1000) : undefined;
}

function waitingOn(entry: Entry, seconds: number): Settlement {
  return {
    kind: "retry",
    delay: seconds,
    attempts: entry.attempt - 1,
    crashes: entry.crashes,
    reason: "retry-later",
    error: NOT_DUE,
    waiting: true,
  };
}
