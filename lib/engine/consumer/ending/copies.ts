/**
 * Events that are settled by a copy, a retry or a dead letter, which is being stored.
 *
 * @module
 */

import type { Delivery, Subscription } from "../../broker/broker.ts";
import { DONE, RELEASE, type Settlement } from "../../settle/outcome.ts";
import { within } from "../../../system/deadline.ts";
import type { Entry } from "../entry.ts";
import type { Ending } from "./settled_report.ts";

/** Hears what became of a copy; neither method may throw. */
export interface CopyListener {
  /** It is stored, and the event settled. */
  onStored(entry: Entry, ending: Ending): void;
  /** The broker did not take it, or its delivery was lost before: the event comes again. */
  onRefused(entry: Entry, ending: Ending, error: unknown): void;
}

/** How long to wait for copies to be confirmed, in ms. */
const CONFIRM_MS = 5000;

/** The copies that are neither stored nor refused yet. */
export class Copies {
  readonly #subscription: Subscription;
  readonly #listener: CopyListener;
  readonly #storing = new Map<Entry, Promise<void>>();

  /** @param subscription Settles what is delivered again meanwhile. */
  constructor(subscription: Subscription, listener: CopyListener) {
    this.#subscription = subscription;
    this.#listener = listener;
  }

  /** The entries whose copy is being stored. */
  entries(): Iterable<Entry> {
    return this.#storing.keys();
  }

  /** Waits until what is being stored now is confirmed or refused, for 5 s at the most. */
  async confirmed(): Promise<void> {
    await within(CONFIRM_MS, Promise.allSettled(this.#storing.values()));
  }

  /**
   * A copy is being stored. If the entry has another delivery when that has ended, that one ends
   * as the copy did.
   *
   * @param copied What the subscription said to the settlement.
   */
  add(entry: Entry, ending: Ending, copied: Promise<void>): void {
    const { delivery } = entry;
    entry.place = "copying";
    const stored = copied.then(() => {
      this.#end(entry, delivery, DONE);
      this.#listener.onStored(entry, ending);
    }, (error) => {
      this.#end(entry, delivery, RELEASE);
      this.#listener.onRefused(entry, ending, error);
    });
    this.#storing.set(entry, stored);
  }

  #end(entry: Entry, delivery: Delivery, settlement: Settlement): void {
    this.#storing.delete(entry);
    if (entry.delivery === delivery) return;
    void this.#subscription.settle(entry.delivery, settlement);
  }
}
