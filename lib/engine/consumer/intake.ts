/**
 * Takes the deliveries of one queue: a pure function decides what happens to each, and it happens.
 *
 * @module
 */

import type { Delivery, Subscription } from "../broker/broker.ts";
import { type ErrorData, errorData } from "../../errors/error_data.ts";
import { notRun } from "../executor/executor.ts";
import { InvalidEvent } from "../settle/invalid_event.ts";
import { type Outcome, RELEASE, REPUBLISH, type Settlement } from "../settle/outcome.ts";
import type { AcceptLimits } from "./accept.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Endings } from "./ending/ending.ts";
import { bareEntry, type Entry, entryOf } from "./entry.ts";
import type { QueuePause } from "./queue_pause.ts";
import type { Ended, Redelivered } from "./redelivered.ts";
import type { Suspects } from "./suspects/suspects.ts";
import type { DeliveryWindow } from "./window.ts";

/** What happens to an entry. */
export type Decision =
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
  /** Its first delivery is lost, and still runs or is being copied: that settles this one. */
  | { readonly kind: "join"; readonly first: Entry }
  /** It has run before, but its delivery was lost before the broker knew. */
  | ({ readonly kind: "ended" } & Ended);

/** What the decision depends on. Each is asked at most once for an entry. */
export interface Surroundings {
  readonly window: Pick<DeliveryWindow, "isOverfull">;
  readonly redelivered: Pick<Redelivered, "duplicateOf">;
  readonly suspects: Pick<Suspects, "has" | "countCrash">;
}

const RUN: Decision = { kind: "run" };
const ISOLATE: Decision = { kind: "isolate" };
const REPLACED: Decision = { kind: "settle", settlement: REPUBLISH };
const NO_ROOM: Decision = { kind: "no room" };

/** Decides for an entry. @param now The time of day in ms since 1970. */
export function decide(
  entry: Entry,
  { window, redelivered, suspects }: Surroundings,
  now: () => number,
): Decision {
  if (entry.notBefore > 0) {
    const settlement = notDue(entry, now());
    if (settlement) return { kind: "settle", settlement };
  }
  const { isNearLimit = false } = entry.delivery;
  if (window.isOverfull && !isNearLimit) return NO_ROOM;
  const duplicate = redelivered.duplicateOf(entry);
  if (duplicate && duplicate.kind !== "unclear") return duplicate;
  const isSuspect = entry.alone || suspects.has(entry);
  const outcome = isSuspect ? suspects.countCrash(entry) : undefined;
  if (outcome) return { kind: "end", outcome };
  // The copy has an id, by which it is known from then on, and no returns are counted yet.
  if (duplicate || isNearLimit) return REPLACED;
  return isSuspect ? ISOLATE : RUN;
}

/** Decides for an entry that no worker could take. @param problem Why. */
export function decideInvalid(
  problem: unknown,
  { window }: Pick<Surroundings, "window">,
): Decision {
  return window.isOverfull ? NO_ROOM : { kind: "settle", settlement: invalid(problem) };
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

/** What an {@linkcode Intake} decides by, and where it sends what it takes. */
export interface IntakeOptions {
  readonly limits: AcceptLimits;
  readonly subscription: Subscription;
  readonly window: DeliveryWindow;
  readonly pause: QueuePause;
  readonly suspects: Suspects;
  readonly redelivered: Redelivered;
  readonly arrivals: Arrivals;
  readonly endings: Endings;
}

/** Takes the deliveries of one queue. */
export class Intake {
  readonly #options: IntakeOptions;
  /** The clock of the sweeps, which the test kit moves on. */
  readonly #now = () => this.#options.endings.timeOfDay(performance.now());

  /** @param options What the decisions depend on, and who gets the events. */
  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Takes a delivery. While the window is paused, it is released. */
  take(delivery: Delivery): void {
    const { window, arrivals, limits } = this.#options;
    if (window.isPaused) return this.#release(delivery);
    const readAt = arrivals.readAt();
    window.take();
    let entry: Entry;
    try {
      entry = entryOf(delivery, limits, readAt);
    } catch (problem) {
      return this.#takeInvalid(bareEntry(delivery, readAt), problem);
    }
    window.hold(entry.bytes);
    this.#carryOut(entry, decide(entry, this.#options, this.#now));
  }

  #release(delivery: Delivery): void {
    const { pause, subscription } = this.#options;
    pause.release(delivery, () => {
      if (!delivery.lost) void subscription.settle(delivery, RELEASE);
    });
  }

  #takeInvalid(entry: Entry, problem: unknown): void {
    this.#options.window.hold(entry.bytes);
    this.#carryOut(entry, decideInvalid(problem, this.#options));
  }

  #carryOut(entry: Entry, decision: Decision): void {
    const { window, suspects, redelivered, arrivals, endings } = this.#options;
    switch (decision.kind) {
      case "run":
        redelivered.add(entry);
        return arrivals.add(entry);
      case "isolate":
        entry.alone = true;
        redelivered.add(entry);
        return suspects.isolate(entry);
      case "no room":
        endings.release(entry);
        return window.waitForRoom();
      case "settle":
        return endings.endUnrun(entry, decision.settlement);
      case "end":
        return endings.end(entry, decision.outcome, notRun(entry.receivedAt));
      case "join":
        return this.#join(decision.first, entry);
      case "ended":
        return endings.endAgain(entry, decision);
    }
  }

  /** A copy of an event that comes near a limit joins the first run by its id when it comes. */
  #join(first: Entry, entry: Entry): void {
    const { endings, redelivered } = this.#options;
    if (!entry.delivery.isNearLimit) return endings.join(first, entry);
    redelivered.expect(first);
    entry.id = first.id;
    endings.endUnrun(entry, REPUBLISH);
  }

  /** Has an event run of which no copy was stored, alone where it is a suspect; but not twice. */
  run(entry: Entry): void {
    const { suspects, redelivered, endings } = this.#options;
    const duplicate = redelivered.duplicateOf(entry);
    if (duplicate?.kind === "join") return endings.join(duplicate.first, entry);
    if (duplicate?.kind === "ended") return endings.endAgain(entry, duplicate);
    this.#carryOut(entry, entry.alone || suspects.has(entry) ? ISOLATE : RUN);
  }
}
