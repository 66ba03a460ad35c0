/**
 * What the events of a queue write about their steps, several of them at once.
 *
 * @module
 */

import type { Transaction } from "kysely";
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
import type { Tables } from "./tables.ts";

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
 * Writes records: first the ends, then the begins.
 *
 * @returns For each begin the states of its steps, for each end none.
 */
export async function writeEffects(
  trx: Transaction<Tables>,
  writes: readonly EffectWrite[],
  writer: Writer,
): Promise<(readonly StepState[])[]> {
  for (const [kind, write] of Object.entries(ENDS)) {
    const steps = writes.filter((one) => one.kind === kind).flatMap((one) => one.steps);
    await write(trx, distinctSteps(steps), writer);
  }
  const states = await startAll(trx, writes.filter((write) => write.kind === "begin"), writer);
  return writes.map((write) => write.kind === "begin" ? states.get(write) ?? [] : []);
}

/** Starts the steps of events; of two begins of one event, which are rare, the second one later. */
async function startAll(
  trx: Transaction<Tables>,
  begins: readonly EffectBegin[],
  writer: Writer,
): Promise<Map<EffectWrite, readonly StepState[]>> {
  if (begins.length === 0) return new Map();
  const keys = begins.map(({ steps }) => steps[0]?.key);
  const first = begins.filter((_, at) => keys.indexOf(keys[at]) === at);
  const found = await startNew(trx, distinctSteps(first.flatMap(({ steps }) => steps)), writer);
  const states = new Map<EffectWrite, readonly StepState[]>();
  for (const begin of first) states.set(begin, await start(trx, begin, found, writer));
  const rest = await startAll(trx, begins.filter((begin) => !states.has(begin)), writer);
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
