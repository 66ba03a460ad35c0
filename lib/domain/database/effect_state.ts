/**
 * What a record says of a step that must not be done twice.
 *
 * @module
 */

/** A record of a step, as it is stored. */
export interface EffectRow {
  /** `started` before the step, and what became of it afterwards. */
  readonly state: "started" | "done" | "failed";
  /** The run of a worker that wrote it. */
  readonly owner: string;
  /** When it was written, in ms since 1970. */
  readonly at: number;
}

/** What may be done about a step. */
export type StepState =
  /** Do it now: it is recorded as started. */
  | "run"
  /** Do it now as `run`, though it may be done: nobody knows how it ended, and it was taken over. */
  | "again"
  /** It is done: skip it. */
  | "done"
  /** It was refused for good: skip it, and do not report success. */
  | "failed"
  /** It was started and nobody knows how it ended: the worker's policy decides. */
  | "unknown"
  /** Another run is at it, at the latest until then (ms since 1970): come back later. */
  | { readonly busyUntil: number };

/** Who asks, and when. */
export interface Asking {
  /** The run of the worker that asks. */
  readonly owner: string;
  /** ms since 1970. */
  readonly now: number;
  /** The longest time that the step can take, in seconds. */
  readonly maxSeconds: number;
  /** When an operator put the event back, in ms since 1970; `undefined` when nobody did. */
  readonly retriedAt?: number | undefined;
}

/**
 * What may be done about a step. What is done stays done. What failed, or ended in a way that nobody
 * knows, runs again when an operator has put the event back since. What another run has started is
 * waited for, as long as the step can take.
 *
 * @param row Its record; `undefined` where there is none.
 */
export function stateOf(row: EffectRow | undefined, asking: Asking): StepState {
  if (row === undefined) return "run";
  const { state, owner, at } = row;
  if (state === "done") return "done";
  const busyUntil = at + asking.maxSeconds * 1000;
  const isBusy = state === "started" && owner !== asking.owner && asking.now < busyUntil;
  if (isBusy) return { busyUntil };
  if (asking.retriedAt !== undefined && asking.retriedAt > at) return "run";
  return state === "failed" ? "failed" : "unknown";
}

/** The last time until which a step is busy, in ms since 1970; `undefined` where none is. */
export function busyUntil(states: Iterable<StepState>): number | undefined {
  let last: number | undefined;
  for (const state of states) {
    if (typeof state === "object") last = Math.max(state.busyUntil, last ?? 0);
  }
  return last;
}
