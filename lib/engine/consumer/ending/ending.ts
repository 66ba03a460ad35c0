/**
 * Ends events: what a run came to is settled, the settlement carried out, and the end reported.
 *
 * @module
 */

import { isCopied, type Subscription } from "../../broker/broker.ts";
import { notRun, type RunTime, type WorkerDescription } from "../../executor/executor.ts";
import type { Reporter } from "../../report.ts";
import { DONE, type Outcome, RELEASE, type Settlement } from "../../settle/outcome.ts";
import type { EventSecrets } from "../../settle/event_secrets.ts";
import { settle } from "../../settle/settle.ts";
import type { Entry } from "../entry.ts";
import type { QueuePause } from "../queue_pause.ts";
import type { Ended, Redelivered } from "../redelivered.ts";
import type { Suspects } from "../suspects/suspects.ts";
import type { DeliveryWindow } from "../window.ts";
import { Copies } from "./copies.ts";
import { type Ending, isUncounted, settledReport, shownReport } from "./settled_report.ts";

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
  readonly policy: Pick<WorkerDescription, "retries" | "patienceSeconds">;
  /** What is not shown of an event. */
  readonly secrets: EventSecrets;
  readonly subscription: Subscription;
  readonly window: DeliveryWindow;
  readonly pause: QueuePause;
  readonly suspects: Suspects;
  readonly redelivered: Redelivered;
  /** Has an event run that was not copied. */
  readonly run: (entry: Entry) => void;
  /** Called when as many events were settled as the window lets in. */
  readonly onFinished: () => void;
}

/** Ends the events of one queue. */
export class Endings {
  readonly totals: Totals = { processed: 0, retried: 0, failed: 0 };
  readonly #options: EndingsOptions;
  readonly #copies: Copies;
  /** The time of day, in ms since 1970, when `performance.now()` was 0. */
  #dayOffset = performance.timeOrigin;

  /** @param options The queue, and who has to know when an event leaves. */
  constructor(options: EndingsOptions) {
    this.#options = options;
    this.#copies = new Copies({
      ...options,
      onStored: (entry, ending, wasRefused) => {
        if (wasRefused) options.suspects.clear(entry);
        this.#stored(entry, ending);
      },
      onRefused: (entry, { outcome }) => options.suspects.suspect(entry, outcome),
      onReturned: (entry, ending) => this.#returned(entry, ending),
      onNotRepublished: (entry) => this.#notRepublished(entry),
    });
  }

  /**
   * The time of day in ms since 1970, as of the last sweep.
   *
   * @param at A time of `performance.now()`.
   */
  timeOfDay(at: number): number {
    return at + this.#dayOffset;
  }

  /** How many events stay unsettled, as their copies could not be stored for 10 s. */
  get unstored(): number {
    return this.#copies.unstored;
  }

  /**
   * Tries copies again that the broker did not take, and follows the system's time of day; to be
   * called a few times a second.
   *
   * @param now `performance.now()`
   */
  sweep(now: number): void {
    this.#dayOffset = Date.now() - now;
    this.#copies.sweep(now);
  }

  /** Waits until copies are confirmed or refused, for 5 s at the most. */
  async confirmed(): Promise<void> {
    await this.#copies.confirmed();
  }

  /** Settles an event by its outcome. */
  end(entry: Entry, ended: Outcome, time: RunTime): void {
    const { retries, patienceSeconds } = this.#options.policy;
    const outcome = this.#options.secrets.shownOutcome(ended, entry.body);
    const { crashes, firstFailedAt } = entry;
    const failingMs = firstFailedAt > 0 ? this.timeOfDay(performance.now()) - firstFailedAt : 0;
    const settlement = settle(outcome, { retries, crashes, patienceSeconds, failingMs });
    const ending = { settlement, outcome, time };
    // What goes on is delivered again when the process has ended, and not before.
    if (outcome.kind === "released" && outcome.goesOn) this.#settled(entry, ending);
    else this.#carryOut(entry, ending);
  }

  /** Settles an event that no executor had, or was to have. */
  endUnrun(entry: Entry, settlement: Settlement): void {
    this.#carryOut(entry, { settlement, outcome: undefined, time: notRun(entry.receivedAt) });
  }

  /** Releases an event that was not run. */
  release(entry: Entry): void {
    if (entry.place === "isolation") this.#options.suspects.endTurn(entry);
    this.endUnrun(entry, RELEASE);
  }

  /** Settles a second delivery of an event by what its run came to, which may be reported already. */
  endAgain(entry: Entry, { id, ending }: Ended): void {
    entry.id = id;
    if (ending) return this.#carryOut(entry, ending);
    void this.#options.subscription.settle(entry.delivery, DONE);
    this.#forget(entry, false);
  }

  /** Has the first entry of an event settle this second delivery of it. */
  join(first: Entry, entry: Entry): void {
    first.delivery = entry.delivery;
    this.#forget(entry, false);
  }

  #carryOut(entry: Entry, ending: Ending): void {
    const { delivery } = entry;
    const { settlement } = ending;
    if (delivery.lost) return this.#endLost(entry, ending);
    if (isCopied(settlement)) return this.#copy(entry, ending);
    if (settlement.kind === "release") {
      return this.#options.pause.release(delivery, () => this.#release(entry, ending));
    }
    void this.#options.subscription.settle(delivery, settlement);
    this.#settled(entry, ending);
  }

  /** Its delivery may have been lost meanwhile. */
  #release(entry: Entry, ending: Ending): void {
    const { delivery } = entry;
    if (delivery.lost) return this.#endLost(entry, ending);
    void this.#options.subscription.settle(delivery, RELEASE);
    this.#settled(entry, ending);
  }

  #copy(entry: Entry, ending: Ending): void {
    entry.place = "copying";
    if (ending.settlement.kind === "republish") this.#options.suspects.rename(entry);
    this.#options.redelivered.add(entry);
    this.#copies.add(entry, ending);
  }

  /** The delivery went with its channel: the event comes again, and is not run again if it has run. */
  #endLost(entry: Entry, ending: Ending): void {
    if (ending.settlement.kind !== "done") return this.#returned(entry, ending);
    this.#options.redelivered.remember(entry);
    this.#settled(entry, ending);
  }

  /** If the delivery is lost, it is only acknowledged when it comes again. */
  #stored(entry: Entry, ending: Ending): void {
    const { redelivered } = this.#options;
    if (entry.delivery.lost && !isUncounted(ending.settlement)) redelivered.remember(entry);
    this.#settled(entry, ending);
  }

  /** The event comes again. What its run came to is carried out then. */
  #returned(entry: Entry, ending: Ending): void {
    const { suspects, redelivered } = this.#options;
    const { outcome } = ending;
    suspects.suspect(entry, outcome);
    if (outcome && ending.settlement.kind !== "release") redelivered.remember(entry, ending);
    this.#forget(entry, false);
  }

  /** The broker does not take a copy that would have kept its event from harm: the event runs. */
  #notRepublished(entry: Entry): void {
    const { redelivered, suspects, run } = this.#options;
    redelivered.delete(entry);
    suspects.renameBack(entry);
    entry.place = "intake";
    run(entry);
  }

  #settled(entry: Entry, ending: Ending): void {
    const { settlement, outcome } = ending;
    const { queue, report, suspects, window, secrets } = this.#options;
    if (outcome?.kind === "crashed") suspects.clear(entry);
    const isEnd = !isUncounted(settlement);
    this.#forget(entry, isEnd);
    if (isEnd) this.#count(settlement);
    const told = settledReport(queue, entry, ending, window.inFlight, this.#dayOffset);
    report(shownReport(told, secrets));
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
