/**
 * Carries out what intake decides for each delivery.
 *
 * @module
 */

import type { Delivery, Subscription } from "../broker/broker.ts";
import { RELEASE } from "../settle/outcome.ts";
import type { AcceptLimits } from "./accept.ts";
import type { Arrivals } from "./arrivals.ts";
import type { WallClock } from "./clock.ts";
import type { Endings } from "./ending/ending.ts";
import { bareEntry, type Entry, entryOf } from "./entry.ts";
import { type Intake, intakeOf, intakeOfInvalid, type Surroundings } from "./intake.ts";
import type { Redelivered } from "./redelivered.ts";
import type { Suspects } from "./suspects/suspects.ts";
import type { DeliveryWindow } from "./window.ts";

/** Where an {@linkcode Intaker} sends what it takes. */
export interface IntakerOptions {
  readonly limits: AcceptLimits;
  readonly subscription: Subscription;
  readonly window: DeliveryWindow;
  readonly suspects: Suspects;
  readonly redelivered: Redelivered;
  readonly arrivals: Arrivals;
  readonly endings: Endings;
  readonly clock: WallClock;
}

/** Takes the deliveries of one queue. */
export class Intaker {
  readonly #options: IntakerOptions;
  readonly #surroundings: Surroundings;

  /** @param options What the decisions depend on, and who gets the events. */
  constructor(options: IntakerOptions) {
    this.#options = options;
    this.#surroundings = surroundingsOf(options);
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
    this.#carryOut(entry, intakeOf(entry, this.#surroundings));
  }

  #release(delivery: Delivery): void {
    if (!delivery.lost) void this.#options.subscription.settle(delivery, RELEASE);
  }

  #takeInvalid(entry: Entry, problem: unknown): void {
    this.#options.window.hold(entry.bytes);
    this.#carryOut(entry, intakeOfInvalid(problem, this.#surroundings));
  }

  #carryOut(entry: Entry, intake: Intake): void {
    const { window, suspects, redelivered, arrivals, endings } = this.#options;
    switch (intake.kind) {
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
        return endings.endUnrun(entry, intake.settlement);
      case "end":
        return endings.end(entry, intake.outcome, entry.receivedAt, 0);
      case "join":
        return endings.join(intake.first, entry);
      case "done":
        return endings.acknowledge(entry);
    }
  }
}

function surroundingsOf(options: IntakerOptions): Surroundings {
  const { window, suspects, redelivered, arrivals, clock } = options;
  return {
    get now() {
      return clock.timeOfDay(arrivals.readAt());
    },
    get isOverfull() {
      return window.isOverfull;
    },
    duplicateOf: (entry) => redelivered.duplicateOf(entry),
    isSuspect: (entry) => suspects.has(entry),
    countCrash: (entry) => suspects.countCrash(entry),
  };
}
