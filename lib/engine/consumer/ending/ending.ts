/**
 * Ends events: what a run came to is settled, the settlement carried out, and the end reported.
 *
 * @module
 */

import { BrokerError, type Delivery, type Subscription } from "../../broker/broker.ts";
import type { Reporter } from "../../report.ts";
import { within } from "../../../system/deadline.ts";
import { DONE, type Outcome, RELEASE, type Settlement } from "../../settle/outcome.ts";
import { settle } from "../../settle/settle.ts";
import type { Entry } from "../entry.ts";
import type { Redelivered } from "../redelivered.ts";
import type { Suspects } from "../suspects/suspects.ts";
import type { DeliveryWindow } from "../window.ts";
import { type Ending, isWaiting, settledReport } from "./settled_report.ts";

/** How many events came to which end. */
export interface Totals {
  processed: number;
  retried: number;
  failed: number;
}

/** What {@linkcode Endings} is made of. */
export interface EndingsOptions {
  readonly queue: string;
  readonly report: Reporter;
  /** Seconds before each further attempt. */
  readonly retries: readonly number[];
  readonly subscription: Subscription;
  readonly window: DeliveryWindow;
  readonly suspects: Suspects;
  readonly redelivered: Redelivered;
  /** Called when as many events were settled as the window lets in. */
  readonly onFinished: () => void;
}

/** How long to wait for copies to be confirmed, in ms. */
const CONFIRM_MS = 5000;

/** Ends the events of one queue. */
export class Endings {
  readonly totals: Totals = { processed: 0, retried: 0, failed: 0 };
  readonly #options: EndingsOptions;
  /** The copies, a retry or a dead letter each, that are neither stored nor refused yet. */
  readonly #storing = new Set<Promise<void>>();
  /** The time of day, in ms since 1970, when `performance.now()` was 0. */
  #dayOffset = performance.timeOrigin;

  /** @param options The queue, and who has to know when an event leaves. */
  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** Follows the system's time of day; to be called a few times a second. */
  sweep(now: number): void {
    this.#dayOffset = Date.now() - now;
  }

  /** Waits until what is being stored now is confirmed or refused, for 5 s at the most. */
  async confirmed(): Promise<void> {
    await within(CONFIRM_MS, Promise.allSettled(this.#storing));
  }

  /**
   * Settles an event by its outcome.
   *
   * @param startedAt `performance.now()` when its handler was called, or would have been.
   * @param runMs How long its handler ran, in ms.
   */
  end(entry: Entry, outcome: Outcome, startedAt: number, runMs: number): void {
    const { retries } = this.#options;
    const settlement = settle(outcome, { retries, crashes: entry.crashes });
    const ending = { settlement, outcome, startedAt, runMs };
    // What goes on is delivered again when the process has ended, and not before.
    if (outcome.kind === "released" && outcome.goesOn) this.#settled(entry, ending);
    else this.#carryOut(entry, ending);
  }

  /** Settles an event that no executor had, or was to have. */
  endUnrun(entry: Entry, settlement: Settlement): void {
    const { receivedAt: startedAt } = entry;
    this.#carryOut(entry, { settlement, outcome: undefined, startedAt, runMs: 0 });
  }

  /** Releases an event that was not run. */
  release(entry: Entry): void {
    if (entry.place === "isolation") this.#options.suspects.endTurn(entry);
    this.endUnrun(entry, RELEASE);
  }

  /** Acknowledges a second delivery of an event that was done, and reported, before. */
  acknowledge(entry: Entry): void {
    void this.#options.subscription.settle(entry.delivery, DONE);
    this.#forget(entry, false);
  }

  /** Has the first entry of an event settle this second delivery of it. */
  join(first: Entry, entry: Entry): void {
    first.delivery = entry.delivery;
    this.#forget(entry, false);
  }

  #carryOut(entry: Entry, ending: Ending): void {
    const { delivery, content } = entry;
    if (delivery.lost) return this.#endLost(entry, ending);
    const copied = this.#options.subscription.settle(delivery, ending.settlement, content);
    if (copied === undefined) this.#settled(entry, ending);
    else this.#await(copied, entry, ending);
  }

  /** If the entry has another delivery when its copy is stored or refused, that one ends likewise. */
  #await(copied: Promise<void>, entry: Entry, ending: Ending): void {
    const { delivery } = entry;
    entry.place = "copying";
    this.#options.redelivered.add(entry);
    const stored = copied.then(() => {
      this.#endAgain(entry, delivery, DONE);
      this.#settled(entry, ending);
    }, (error) => {
      this.#endAgain(entry, delivery, RELEASE);
      this.#refused(entry, ending, error);
    }).finally(() => this.#storing.delete(stored));
    this.#storing.add(stored);
  }

  #endAgain(entry: Entry, copied: Delivery, settlement: Settlement): void {
    if (entry.delivery === copied) return;
    void this.#options.subscription.settle(entry.delivery, settlement);
  }

  /** The delivery went with its channel: the event comes again, and is not run again if it is done. */
  #endLost(entry: Entry, ending: Ending): void {
    const { suspects, redelivered } = this.#options;
    if (ending.settlement.kind === "done") {
      redelivered.rememberDone(entry);
      return this.#settled(entry, ending);
    }
    suspects.suspect(entry, ending.outcome);
    this.#forget(entry, false);
  }

  /**
   * The broker did not take the copy: it has the event back, and nothing more is taken. It has the
   * event back, too, where only its delivery was lost.
   */
  #refused(entry: Entry, { outcome }: Ending, error: unknown): void {
    this.#options.suspects.suspect(entry, outcome);
    this.#forget(entry, false);
    const isLost = error instanceof BrokerError && error.kind === "lost";
    if (!isLost) this.#options.window.park(error);
  }

  #settled(entry: Entry, ending: Ending): void {
    const { settlement, outcome } = ending;
    const { queue, report, suspects, window } = this.#options;
    if (outcome?.kind === "crashed") suspects.clear(entry);
    const isEnd = settlement.kind !== "release" && !isWaiting(settlement);
    this.#forget(entry, isEnd);
    if (isEnd) this.#count(settlement);
    report(settledReport(queue, entry, ending, window.inFlight, this.#dayOffset));
  }

  #count(settlement: Settlement): void {
    if (settlement.kind === "done") this.totals.processed++;
    else if (settlement.kind === "fail") this.totals.failed++;
    else this.totals.retried++;
    if (this.#options.window.isFinished) this.#options.onFinished();
  }

  /** The entry leaves. @param isSettled Whether it has been dealt with; else it comes again. */
  #forget(entry: Entry, isSettled: boolean): void {
    this.#options.redelivered.delete(entry);
    this.#options.window.leave(entry.bytes, isSettled);
  }
}
