/**
 * Knows what became of an event that the broker hands out again: it must not start beside its first
 * run, nor run again when that was done.
 *
 * @module
 */

import type { Entry } from "./entry.ts";

/** How many finished events are remembered until they are delivered again. */
const MAX_REMEMBERED = 10_000;

/** What a redelivered event is here: it was done, or its lost delivery is this entry's. */
export type Duplicate = "done" | Entry | undefined;

/**
 * The entry of an id, until it leaves. The tables that a `Map` has outgrown may stay in the heap for
 * long (see `OutstandingJobs`): this way they do not keep the entries.
 */
interface Slot {
  entry: Entry | undefined;
}

/** Knows events by their id. Events without one are not known. */
export class Redelivered {
  /** The entries that are tracked, by their id. */
  readonly #byId = new Map<string, Slot>();
  readonly #tracksAll: boolean;
  readonly #running: () => readonly Entry[];
  /** Ids of events that are done but whose delivery was lost before it could be acknowledged. */
  readonly #done = new Set<string>();

  /**
   * @param tracksAll Whether several events may run at once. Where they run one after another only
   * what runs or is being stored can be met again.
   * @param running The entries that run.
   */
  constructor(tracksAll: boolean, running: () => readonly Entry[]) {
    this.#tracksAll = tracksAll;
    this.#running = running;
  }

  /** What is known of an event that was just delivered. `"done"` is said once. */
  duplicateOf({ id, delivery: { redelivered } }: Entry): Duplicate {
    if (id === "" || (!redelivered && !this.#tracksAll)) return undefined;
    if (redelivered && this.#done.delete(id)) return "done";
    const first = this.#entryOf(id);
    return first?.delivery.lost ? first : undefined;
  }

  /** The event is done, and its delivery lost. */
  rememberDone({ id }: Entry): void {
    if (id === "") return;
    const [oldest] = this.#done;
    if (oldest !== undefined && this.#done.size >= MAX_REMEMBERED) this.#done.delete(oldest);
    this.#done.add(id);
  }

  /**
   * An entry is here, or is being copied from now on. Of several with the same id the first is
   * known, as it runs first.
   */
  add(entry: Entry): void {
    if (this.#tracks(entry) && !this.#byId.has(entry.id)) this.#byId.set(entry.id, { entry });
  }

  /** An entry leaves. */
  delete(entry: Entry): void {
    if (!this.#tracks(entry)) return;
    const slot = this.#byId.get(entry.id);
    if (slot?.entry !== entry) return;
    slot.entry = undefined;
    this.#byId.delete(entry.id);
  }

  #tracks({ id, place }: Entry): boolean {
    return id !== "" && (this.#tracksAll || place === "copying");
  }

  #entryOf(id: string): Entry | undefined {
    const running = this.#tracksAll ? undefined : this.#running().find((entry) => entry.id === id);
    return running ?? this.#byId.get(id)?.entry;
  }
}
