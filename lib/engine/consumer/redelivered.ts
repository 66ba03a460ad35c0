/**
 * The same event, delivered twice: the second must not start beside the first, nor run again when
 * the first was done.
 *
 * @module
 */

import type { Entry } from "./entry.ts";

/** How many finished events are remembered until they are delivered again. */
const MAX_REMEMBERED = 10_000;

/** What becomes of a second delivery. */
export type Meeting =
  /** It is the first: it may run. */
  | "none"
  /** The event was done before, though the broker did not hear of it: it is to be told now. */
  | "done"
  /** The first delivery is lost: its run settles this one, and this entry is not needed. */
  | "taken over"
  /** It waits behind the first, which gives it on when it is deleted. */
  | "waits";

/**
 * Where an entry is, or no longer is. The tables that a `Map` has outgrown may stay in the heap for
 * long (see `GivenJobs`): this way they do not keep the entries.
 */
interface Place {
  entry: Entry | undefined;
}

/** Knows events by their id. Events without one are not known. */
export class Twins {
  /** Where entries are by their id, where several may run at once. */
  readonly #byId = new Map<string, Place>();
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

  /** Looks whether the event is here already, or was done; that it was done is told once. */
  meet(entry: Entry): Meeting {
    if (entry.id === "") return "none";
    if (this.#wasDone(entry)) return "done";
    const first = this.#firstOf(entry);
    if (!first) return "none";
    if (!first.delivery.lost) {
      append(first, entry);
      return "waits";
    }
    first.delivery = entry.delivery;
    return "taken over";
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
    if (this.#tracksIds && entry.id !== "") this.#byId.set(entry.id, { entry });
  }

  /** An entry is no longer here. @returns What waited for it. */
  delete(entry: Entry): Entry | undefined {
    if (this.#tracksIds) this.#vacate(entry);
    return entry.next;
  }

  /**
   * Takes out what waits for one that runs or is being stored, and came before a time: it waits no
   * longer than others do.
   */
  takeOld(receivedBefore: number): Entry[] {
    return this.#endingHere().flatMap((first) => takeOldBehind(first, receivedBefore));
  }

  #vacate(entry: Entry): void {
    const place = this.#byId.get(entry.id);
    if (place?.entry !== entry) return;
    place.entry = undefined;
    this.#byId.delete(entry.id);
  }

  #wasDone(entry: Entry): boolean {
    return entry.delivery.redelivered && this.#done.size > 0 && this.#done.delete(entry.id);
  }

  #firstOf(entry: Entry): Entry | undefined {
    if (this.#tracksIds) return this.#byId.get(entry.id)?.entry;
    if (!entry.delivery.redelivered) return undefined;
    return this.#endingHere().find(({ id }) => id === entry.id);
  }
}

/** Lets an entry wait for another, behind those that wait already. */
function append(first: Entry, entry: Entry): void {
  let last = first;
  while (last.next) last = last.next;
  last.next = entry;
}

/** Takes out those behind an entry that came before a time. */
function takeOldBehind(first: Entry, receivedBefore: number): Entry[] {
  const taken: Entry[] = [];
  for (let entry = first; entry.next;) {
    const twin = entry.next;
    if (twin.receivedAt >= receivedBefore) {
      entry = twin;
      continue;
    }
    entry.next = twin.next;
    twin.next = undefined;
    taken.push(twin);
  }
  return taken;
}
