/**
 * The copies of events that are retried or dead-lettered. One that the broker does not take is tried
 * again for as long as it takes: its event keeps its place, and the others go on.
 *
 * @module
 */

import { BrokerError, type Delivery, type Subscription } from "../../broker/broker.ts";
import { type ErrorData, errorData } from "../../../errors/error_data.ts";
import { within } from "../../../system/deadline.ts";
import { notice, type Reporter } from "../../report.ts";
import { DONE, RELEASE } from "../../settle/outcome.ts";
import type { Entry } from "../entry.ts";
import type { DeliveryWindow } from "../window.ts";
import type { Ending } from "./settled_report.ts";

/** What {@linkcode Copies} are made of. */
export interface CopiesOptions {
  readonly queue: string;
  readonly report: Reporter;
  readonly subscription: Subscription;
  readonly window: Pick<DeliveryWindow, "size" | "makeUpFor" | "park" | "unpark" | "rest">;
  /** Called when a copy is stored, and its event acknowledged. */
  readonly onStored: (entry: Entry, ending: Ending, wasRefused: boolean) => void;
  /** Called when the broker did not take a copy for the first time. */
  readonly onRefused: (entry: Entry, ending: Ending) => void;
  /** Called when an event is delivered again, as its copy was not stored. */
  readonly onReturned: (entry: Entry, ending: Ending) => void;
  /** Called when the broker does not take the copy that would have replaced an event. */
  readonly onNotRepublished: (entry: Entry) => void;
}

/** One copy that is not stored yet. */
interface Copy {
  readonly entry: Entry;
  readonly ending: Ending;
  /** `performance.now()` when it was first tried. */
  readonly since: number;
  /** Ends when the broker has answered; `undefined` between two attempts. */
  attempt: Promise<void> | undefined;
  refusals: number;
  /** `performance.now()` from which on it is tried again. */
  tryAt: number;
  /** Why the broker did not take it. */
  error: unknown;
}

/** How long a stop waits for copies to be confirmed, in ms. */
const CONFIRM_MS = 5000;
/** The first wait before a copy is tried again, in ms; it doubles each time. */
const FIRST_WAIT_MS = 250;
/** The longest wait before a copy is tried again, in ms. */
const LONGEST_WAIT_MS = 10_000;
/** The age of a copy, in ms, from which on a drain does not wait for it. */
const LONG_MS = 10_000;
/** The age of a copy, in ms, at which it is reported. */
const REPORT_MS = 60_000;
/** How often copies that are not stored are reported again, in ms. */
const REPORT_EVERY_MS = 300_000;
/** The age of a copy, in ms, at which its event is released: RabbitMQ allows 30 minutes in all. */
const RELEASE_MS = 600_000;
/** How long no events are taken after one was released, in ms. */
const REST_MS = 60_000;
/** Below this many refused copies a queue is not parked. */
const FEWEST_TO_PARK = 4;

/** The copies of one queue that are not stored yet. */
export class Copies {
  readonly #options: CopiesOptions;
  readonly #copies = new Set<Copy>();
  #reportedAt = -Infinity;
  #isRepublishReported = false;

  /** @param options The queue, and who has to know what became of a copy. */
  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** How many copies could not be stored for 10 s. */
  get unstored(): number {
    const before = performance.now() - LONG_MS;
    return this.#among(({ refusals, since }) => refusals > 0 && since < before).length;
  }

  /** Stores the copy that an event is to be settled with. */
  add(entry: Entry, ending: Ending): void {
    const since = performance.now();
    const copy = {
      entry,
      ending,
      since,
      attempt: undefined,
      refusals: 0,
      tryAt: 0,
      error: undefined,
    };
    this.#copies.add(copy);
    this.#try(copy);
  }

  /** Tries again what is due, reports and releases what waits for long. @param now `performance.now()` */
  sweep(now: number): void {
    if (this.#copies.size === 0) return;
    this.#among(({ since }) => now - since >= RELEASE_MS).forEach((copy) =>
      this.#release(copy, now)
    );
    this.#among(({ attempt, tryAt }) => !attempt && now >= tryAt).forEach((copy) =>
      this.#try(copy)
    );
    this.#parkOrUnpark();
    this.#report(now);
  }

  /** Tries everything again that waits, and waits for the answers for 5 s at the most. */
  async confirmed(): Promise<void> {
    this.#among(({ attempt }) => !attempt).forEach((copy) => this.#try(copy));
    await within(CONFIRM_MS, Promise.all(this.#among(() => true).map(({ attempt }) => attempt)));
  }

  #try(copy: Copy): void {
    const { entry, ending } = copy;
    const { delivery } = entry;
    if (delivery.lost) return this.#return(copy);
    const { subscription } = this.#options;
    copy.attempt = Promise.resolve(subscription.settle(delivery, ending.settlement, entry)).then(
      () => this.#stored(copy, delivery),
      (error) => this.#notStored(copy, delivery, error),
    );
  }

  /** If the event was delivered again meanwhile, that delivery ends likewise. */
  #stored(copy: Copy, copied: Delivery): void {
    if (!this.#copies.delete(copy)) return;
    const { entry, ending } = copy;
    const { subscription, onStored } = this.#options;
    if (entry.delivery !== copied) void subscription.settle(entry.delivery, DONE);
    onStored(entry, ending, copy.refusals > 0);
    if (copy.refusals > 0) this.#parkOrUnpark();
  }

  #notStored(copy: Copy, copied: Delivery, error: unknown): void {
    if (!this.#copies.has(copy)) return;
    copy.attempt = undefined;
    const wasDeliveredAgain = copy.entry.delivery !== copied;
    if (isLost(error) && wasDeliveredAgain) this.#try(copy);
    else if (isLost(error)) this.#return(copy);
    else if (copy.ending.settlement.kind === "republish") this.#notRepublished(copy, error);
    else this.#refused(copy, error);
  }

  #notRepublished(copy: Copy, error: unknown): void {
    const { queue, report, onNotRepublished } = this.#options;
    this.#copies.delete(copy);
    if (!this.#isRepublishReported) {
      report(notice("error", queue, NOT_REPUBLISHED, { error: errorData(error) }));
    }
    this.#isRepublishReported = true;
    onNotRepublished(copy.entry);
  }

  #refused(copy: Copy, error: unknown): void {
    copy.error = error;
    copy.tryAt = performance.now() + waitMs(copy.refusals++);
    if (copy.refusals === 1) this.#options.onRefused(copy.entry, copy.ending);
    this.#parkOrUnpark();
  }

  /** The broker delivers the event again. */
  #return(copy: Copy): void {
    this.#copies.delete(copy);
    this.#options.onReturned(copy.entry, copy.ending);
    if (copy.refusals > 0) this.#parkOrUnpark();
  }

  #release(copy: Copy, now: number): void {
    const { subscription, window, report, queue } = this.#options;
    const { delivery } = copy.entry;
    if (!delivery.lost) void subscription.settle(delivery, RELEASE);
    window.rest(now + REST_MS);
    const properties = { seconds: RELEASE_MS / 1000, rest: REST_MS / 1000 };
    report(notice("warning", queue, RELEASED, { properties, error: reasonOf([copy]) }));
    this.#return(copy);
  }

  #parkOrUnpark(): void {
    const { window } = this.#options;
    const refused = this.#among(({ refusals }) => refusals > 0);
    window.makeUpFor(refused.length);
    if (refused.length === 0) window.unpark();
    else if (areMany(refused.length, window.size)) window.park(refused.length, reasonOf(refused));
  }

  #report(now: number): void {
    const old = this.#among(({ since }) => now - since >= REPORT_MS);
    if (old.length === 0 || now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    const { queue, report } = this.#options;
    const seconds = Math.round(Math.max(...old.map(({ since }) => now - since)) / 1000);
    const properties = { count: old.length, seconds };
    const message = old.length === 1 ? ONE_NOT_STORED : NOT_STORED;
    report(notice("error", queue, message, { properties, error: reasonOf(old) }));
  }

  #among(matches: (copy: Copy) => boolean): Copy[] {
    return [...this.#copies].filter(matches);
  }
}

/**
 * Whether a queue has to be parked.
 *
 * @param refused The number of its copies that were refused.
 * @param size How many events are taken at once.
 */
export function areMany(refused: number, size: number): boolean {
  return refused >= FEWEST_TO_PARK && refused >= size / 2;
}

/** The wait before a copy is tried again, in ms. @param refusals How many there were before. */
export function waitMs(refusals: number, random: number = Math.random()): number {
  const limit = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** refusals);
  return limit * (0.5 + random / 2);
}

function isLost(error: unknown): boolean {
  return error instanceof BrokerError && error.kind === "lost";
}

function reasonOf(copies: readonly Copy[]): ErrorData {
  const error = copies.find(({ error }) => error !== undefined)?.error;
  return errorData(error ?? new Error("the broker neither confirmed nor refused the copy"));
}

const NOT_STORED =
  "Queue {queue} has {count} events that could be neither retried nor dead-lettered for {seconds} s: " +
  "they stay unacknowledged, and their copies are tried again";
const NOT_REPUBLISHED =
  "An event of queue {queue} that was returned often runs although no copy of it could be stored: a " +
  "broker with a delivery limit may drop it if it is returned again";
const ONE_NOT_STORED =
  "Queue {queue} has {count} event that could be neither retried nor dead-lettered for {seconds} s: " +
  "it stays unacknowledged, and its copy is tried again";
const RELEASED =
  "An event of queue {queue} is back in its queue, as it could be neither retried nor dead-lettered " +
  "for {seconds} s; the queue is consumed again in {rest} s";
