/**
 * What follows from pushing to a user's devices: what is recorded, and what happens to the event.
 *
 * @module
 */

import type { DeviceOutcome, PushServiceName, PushUnavailable } from "./push_transport.ts";

/** The outcome of a push to a device; `away`: its service as a whole cannot be used. */
export type StepOutcome = DeviceOutcome | {
  readonly kind: "away";
  readonly error: PushUnavailable;
};

/** What happens to an event. */
export type PushDecision =
  | { readonly kind: "done" }
  /** No push can be sent: the queue waits. */
  | {
    readonly kind: "pause";
    readonly service: PushServiceName;
    /** ms that the service asks to wait. */
    readonly afterMs: number | undefined;
    readonly cause: unknown;
  }
  /** The event waits, and does not use up an attempt. */
  | {
    readonly kind: "later";
    readonly reason: string;
    /** ms after which it may go on. */
    readonly afterMs: number | undefined;
  }
  /** A push may have been delivered, and is sent again. */
  | { readonly kind: "again"; readonly reason: string };

/** What is recorded of steps; those that are in none stay as they are. */
export interface PushRecords {
  /** They have the push, or never can. */
  readonly done: readonly string[];
  /** Refused permanently. */
  readonly failed: readonly string[];
  /** Certainly not sent: they may be tried at any time. */
  readonly forget: readonly string[];
}

const RECORDS: Readonly<Record<StepOutcome["kind"], keyof PushRecords | undefined>> = {
  sent: "done",
  dead: "done",
  refused: "failed",
  later: "forget",
  away: "forget",
  unknown: undefined,
};

/** What is recorded. @param outcomes By step. */
export function recordsOf(outcomes: ReadonlyMap<string, StepOutcome>): PushRecords {
  const those = (wanted: keyof PushRecords) =>
    [...outcomes].filter(([, { kind }]) => RECORDS[kind] === wanted).map(([step]) => step);
  return { done: those("done"), failed: those("failed"), forget: those("forget") };
}

/**
 * What happens to the event. If only one of two services is unavailable, only its events wait.
 *
 * @param services How many services are configured.
 */
export function decidePush(outcomes: Iterable<StepOutcome>, services: number): PushDecision {
  const all = [...outcomes];
  const errors = all.flatMap((one) => one.kind === "away" ? [one.error] : []);
  const [first] = errors;
  const later = all.filter((one) => one.kind === "later");
  const waits = [...errors, ...later].map(({ afterMs }) => afterMs);
  const afterMs = longest(waits);
  if (first && new Set(errors.map(({ service }) => service)).size >= services) {
    return { kind: "pause", service: first.service, afterMs, cause: first };
  }
  const reasons = new Set([...errors, ...later].map(({ reason }) => reason));
  if (reasons.size > 0) return { kind: "later", reason: [...reasons].join("; "), afterMs };
  const unknown = all.find((one) => one.kind === "unknown");
  if (unknown) return { kind: "again", reason: `maybe pushed, pushed again: ${unknown.reason}` };
  return { kind: "done" };
}

function longest(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/**
 * Seconds until a push that waits is tried again: the longer it has waited, the longer, unless its
 * service says when.
 */
export function pushPause(waitedSeconds: number, afterMs: number | undefined): number {
  if (afterMs !== undefined) return Math.max(1, Math.ceil(afterMs / 1000));
  return waitedSeconds < 10 ? 5 : waitedSeconds < 60 ? 15 : 60;
}
