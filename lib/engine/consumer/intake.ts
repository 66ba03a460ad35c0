/**
 * Decides what happens to an event that was just delivered. The consumer carries it out.
 *
 * @module
 */

import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";
import type { Outcome, Settlement } from "../settle/outcome.ts";
import type { Entry } from "./entry.ts";
import type { Duplicate } from "./redelivered.ts";

/** What happens to an entry. */
export type Intake =
  /** It goes to the executor. */
  | { readonly kind: "run" }
  /** It runs alone, when its queue's turn has come. */
  | { readonly kind: "isolate" }
  /** There is no room for it: it goes back to its queue. */
  | { readonly kind: "no room" }
  /** It is settled without being run. */
  | { readonly kind: "settle"; readonly settlement: Settlement }
  /** It ended a process while it ran alone: that is its outcome, and it is not run now. */
  | { readonly kind: "end"; readonly outcome: Outcome }
  /** Its first delivery is lost, and still runs or is being stored: that settles this one. */
  | { readonly kind: "join"; readonly first: Entry }
  /** It was done before, but its delivery was lost before the broker knew. */
  | { readonly kind: "done" };

/** What the decision depends on. Each is asked at most once for an entry, in this order. */
export interface Surroundings {
  /** The time of day in ms since 1970. */
  readonly now: number;
  /** Whether too many bytes wait here. */
  readonly isOverfull: boolean;
  /** What is known of an event that is delivered again. */
  duplicateOf(entry: Entry): Duplicate;
  /** Whether it may have ended a process. */
  isSuspect(entry: Entry): boolean;
  /** Its outcome, where it ended a process while it ran alone. */
  countCrash(entry: Entry): Outcome | undefined;
}

const RUN: Intake = { kind: "run" };
const ISOLATE: Intake = { kind: "isolate" };
const NO_ROOM: Intake = { kind: "no room" };
const ALREADY_DONE: Intake = { kind: "done" };

/** Decides for an entry. */
export function intakeOf(entry: Entry, around: Surroundings): Intake {
  if (entry.notBefore > 0) {
    const settlement = notDue(entry, around.now);
    if (settlement) return { kind: "settle", settlement };
  }
  if (around.isOverfull) return NO_ROOM;
  const duplicate = around.duplicateOf(entry);
  if (duplicate === "done") return ALREADY_DONE;
  if (duplicate) return { kind: "join", first: duplicate };
  if (!entry.alone && !around.isSuspect(entry)) return RUN;
  const outcome = around.countCrash(entry);
  return outcome ? { kind: "end", outcome } : ISOLATE;
}

/** Decides for an entry that no worker could take. @param problem Why. */
export function intakeOfInvalid(
  problem: unknown,
  around: Pick<Surroundings, "isOverfull">,
): Intake {
  return around.isOverfull ? NO_ROOM : { kind: "settle", settlement: invalid(problem) };
}

/** An event this many ms early runs: the retry queue's jitter makes it a little early. */
const HOP_TOLERANCE_MS = 1000;

const NOT_DUE: ErrorData = { name: "NotDue", message: "It is not due yet" };

/** A dead letter at once. An {@linkcode InvalidEvent} needs no stack. */
function invalid(problem: unknown): Settlement {
  const data = errorData(problem);
  const error = problem instanceof InvalidEvent ? { ...data, stack: undefined } : data;
  return { kind: "fail", reason: "invalid", attempts: 1, error };
}

/** An event whose delay is longer than the ladder waits on, and nothing is counted. */
function notDue(entry: Entry, now: number): Settlement | undefined {
  const waitMs = entry.notBefore - now;
  if (waitMs <= HOP_TOLERANCE_MS) return undefined;
  return {
    kind: "retry",
    delay: waitMs / 1000,
    attempts: entry.attempt - 1,
    crashes: entry.crashes,
    reason: "retry-later",
    error: NOT_DUE,
    waiting: true,
  };
}
