/**
 * The same event, delivered twice: the second must not start beside the first, nor run again when
 * the first was done.
 *
 * @module
 */

import type { Entry } from "./entry.ts";

/** How many finished events are remembered until they are delivered again. */
const MAX_REMEMBERED = 10_000;

/** Knows events by their id. Events without one are not known. */
export class Twins {
  /** The entries that are here by their id, where several may run at once. */
  readonly #byId = new Map<string, Entry>();
  readonly #tracksIds: boolean;
  readonly #endingHere: () => readonly Entry[];
  /** Ids of events that are done but whose delivery was lost before it could be acknowledged. */
  readonly #done = new Set<string>();

  /**
   * @param tracksIds Whether several events may run at once. Where they run one after another a
   * second one cannot start beside the first, so only one delivered again has to be looked for.
   * @param endingHere The entries that run or are being stored.
   */
  constructor(tracksIds: boolean, endingHere: () => readonly Entry[]) {
    this.#tracksIds = tracksIds;
    this.#endingHere = endingHere;
  }

  /** The entry of the same event, if it is here. */
  firstOf(entry: Entry): Entry | undefined {
    if (this.#tracksIds) return this.#byId.get(entry.id);
    if (!entry.delivery.redelivered) return undefined;
    return this.#endingHere().find(({ id }) => id === entry.id);
  }

  /** Whether the event was done before it was delivered again; that is told once. */
  wasDone(entry: Entry): boolean {
    return entry.delivery.redelivered && this.#done.size > 0 && this.#done.delete(entry.id);
  }

  /** The event is done, and its delivery lost. */
  rememberDone({ id }: Entry): void {
    if (id === "") return;
    const [oldest] = this.#done;
    if (oldest !== undefined && this.#done.size >= MAX_REMEMBERED) this.#done.delete(oldest);
    this.#done.add(id);
  }

  /** An entry is here. */
  add(entry: Entry): void {
    if (this.#tracksIds && entry.id !== "") this.#byId.set(entry.id, entry);
  }

  /** An entry is no longer here. */
  delete(entry: Entry): void {
    if (this.#tracksIds && this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
  }
}
