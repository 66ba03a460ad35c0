/**
 * The usual writes of events in one statement, which is its own transaction: that saves `begin`, the
 * other statements and `commit`, and their round trips with PostgreSQL.
 *
 * @module
 */

import { DatabaseError } from "./database_error.ts";
import {
  distinctSteps,
  doneAndStarted,
  type Step,
  STEPS_AT_ONCE,
  type Writer,
} from "./effect_rows.ts";
import type { Database } from "./tables.ts";

/** What is written about the steps of one event. */
export interface StepsWrite {
  readonly kind: "begin" | "done" | "failed" | "forget";
  readonly steps: readonly Step[];
}

/**
 * Writes `done` for the steps that are done, and `started` for the new ones among those that begin.
 *
 * @returns The steps that it has started. `undefined` where it has written nothing: there are other writes or
 * too many, or the statement met those of another process.
 * @throws {DatabaseError} When the database is lost or locked.
 */
export async function writeAtOnce(
  db: Database,
  writes: readonly StepsWrite[],
  writer: Writer,
): Promise<readonly Step[] | undefined> {
  const steps = stepsOf(writes);
  if (!steps) return undefined;
  try {
    return await doneAndStarted(db, steps.done, steps.begun, writer);
  } catch (error) {
    if (error instanceof DatabaseError && error.kind === "conflict") return undefined;
    throw error;
  }
}

function stepsOf(writes: readonly StepsWrite[]) {
  const begins = writes.filter(({ kind }) => kind === "begin");
  const dones = writes.filter(({ kind }) => kind === "done");
  const keys = new Set(begins.map(({ steps }) => steps[0]?.key));
  const areUsual = begins.length + dones.length === writes.length && keys.size === begins.length;
  const begun = distinctSteps(begins.flatMap(({ steps }) => steps));
  const done = distinctSteps(dones.flatMap(({ steps }) => steps));
  const areFew = begun.length + done.length <= STEPS_AT_ONCE;
  return areUsual && areFew && begun.length > 0 ? { begun, done } : undefined;
}
