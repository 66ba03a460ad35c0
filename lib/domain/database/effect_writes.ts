/**
 * What the events of a queue write about their steps, several of them at once.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { writeAtOnce } from "./effect_at_once.ts";
import {
  distinctSteps,
  forget,
  nameOf,
  restart,
  startNew,
  type Step,
  writeDone,
  writeFailed,
  type Writer,
} from "./effect_rows.ts";
import { busyUntil, type EffectRow, stateOf, type StepState } from "./effect_state.ts";
import type { Database, Tables } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** The steps of one event, and what is written about them. */
export type EffectWrite = EffectBegin | EffectEnd;

/** Steps that are to be started. */
export interface EffectBegin {
  readonly kind: "begin";
  readonly steps: readonly Step[];
  /** The longest time that the steps can take, in seconds. */
  readonly maxSeconds: number;
  /** When an operator put the event back, in ms since 1970. */
  readonly retriedAt?: number | undefined;
  /** Whether steps of which nobody knows how they ended run again. */
  readonly takesUnknown: boolean;
}

/** Steps that have ended. */
export interface EffectEnd {
  readonly kind: "done" | "failed" | "forget";
  readonly steps: readonly Step[];
}

const ENDS = { done: writeDone, failed: writeFailed, forget } as const;

/**
 * Commits records: first the ends, then the begins.
 *
 * @returns For each begin the states of its steps, for each end none.
 * @throws {DatabaseError} When the database is lost or locked.
 */
export async function writeEffects(
  db: Database,
  writes: readonly EffectWrite[],
  writer: Writer,
): Promise<(readonly StepState[])[]> {
  const begins = writes.filter((write) => write.kind === "begin");
  const started = await writeAtOnce(db, writes, writer);
  const isNew = new Set(started?.map(nameOf));
  const areAll = started && begins.every(({ steps }) => steps.every((s) => isNew.has(nameOf(s))));
  if (areAll) {
    return writes.map(({ kind, steps }) => kind === "begin" ? steps.map(() => "run") : []);
  }
  const states = await inTransaction(db, async (trx) => {
    if (!started) await endAll(trx, writes, writer);
    return await startAll(trx, begins, started ?? [], writer);
  });
  return writes.map((write) => write.kind === "begin" ? states.get(write) ?? [] : []);
}

async function endAll(
  trx: Transaction<Tables>,
  writes: readonly EffectWrite[],
  writer: Writer,
): Promise<void> {
  for (const [kind, write] of Object.entries(ENDS)) {
    const steps = writes.filter((one) => one.kind === kind).flatMap((one) => one.steps);
    await write(trx, distinctSteps(steps), writer);
  }
}

/** Starts the steps of events; of two begins of one event, which are rare, the second one later. */
async function startAll(
  trx: Transaction<Tables>,
  begins: readonly EffectBegin[],
  started: readonly Step[],
  writer: Writer,
): Promise<Map<EffectWrite, readonly StepState[]>> {
  if (begins.length === 0) return new Map();
  const keys = begins.map(({ steps }) => steps[0]?.key);
  const first = begins.filter((_, at) => keys.indexOf(keys[at]) === at);
  const steps = distinctSteps(first.flatMap(({ steps }) => steps));
  const found = await startNew(trx, steps, started, writer);
  const states = new Map<EffectWrite, readonly StepState[]>();
  for (const begin of first) states.set(begin, await start(trx, begin, found, writer));
  const rest = await startAll(trx, begins.filter((begin) => !states.has(begin)), [], writer);
  return new Map([...states, ...rest]);
}

/** Starts what was there and may run again. Where a step is busy, takes back what is started. */
async function start(
  trx: Transaction<Tables>,
  begin: EffectBegin,
  found: ReadonlyMap<string, EffectRow | undefined>,
  writer: Writer,
): Promise<readonly StepState[]> {
  const states = new Map(begin.steps.map((step) => {
    const state = stateOf(found.get(nameOf(step)), { ...begin, ...writer });
    return [nameOf(step), state === "unknown" && begin.takesUnknown ? "again" : state];
  }));
  const until = busyUntil(states.values());
  const runs = distinctSteps(begin.steps).filter((step) => mayRun(states.get(nameOf(step))));
  const isNew = (step: Step) => found.get(nameOf(step)) === undefined;
  if (until === undefined) {
    await restart(trx, runs.filter((step) => !isNew(step)), writer);
  } else {
    await forget(trx, runs.filter(isNew), writer);
    for (const step of runs) states.set(nameOf(step), { busyUntil: until });
  }
  return begin.steps.map((step) => states.get(nameOf(step)) ?? "run");
}

function mayRun(state: StepState | undefined): boolean {
  return state === "run" || state === "again";
}
