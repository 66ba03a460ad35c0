/**
 * Events that may have ended a process: they run alone, and what ends a process while alone has
 * used up an attempt.
 *
 * @module
 */

import type { EventKey, Journal } from "../journal.ts";
import type { Outcome } from "../settle.ts";
import { type Entry, keyOf } from "./entry.ts";

/** Knows from the journal which events are suspected. */
export class Suspects {
  readonly #journal: Journal;
  /** Suspects whose attempt is being counted. */
  readonly #punished = new Set<EventKey>();

  /** @param journal What dead processes left. */
  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Whether the event is suspected, and so has to run alone. */
  has(entry: Entry): boolean {
    return this.#journal.hasSuspects && this.#journal.suspicion(keyOf(entry)) !== undefined;
  }

  /**
   * The outcome of an event that ended a process while alone; it is not run now. It stays
   * suspected until that is stored, as the next event may end this process before.
   *
   * @returns `undefined` when it did not, when that is being counted already, or when,
   * without an id, it is delivered for the first time: then another has the same body.
   */
  punish(entry: Entry): Outcome | undefined {
    const key = keyOf(entry);
    const crashes = this.#journal.suspicion(key) ?? 0;
    const mayBeAnother = entry.id === "" && !entry.delivery.redelivered;
    if (crashes === 0 || mayBeAnother || this.#punished.has(key)) return undefined;
    this.#punished.add(key);
    const error = {
      name: "ProcessEnded",
      message: "The process that ran this event alone ended before the event did",
    };
    return { kind: "crashed", reason: "crashed", attempt: entry.attempt, error };
  }

  /** An event that was to run alone has come to its end; one that was given back has not run. */
  endAlone(entry: Entry, outcome: Outcome): void {
    if (outcome.kind === "released") return;
    this.#journal.clear(keyOf(entry));
    this.#journal.running([], false);
  }

  /** What an event did to a process is stored with it. */
  acquit(entry: Entry): void {
    const key = keyOf(entry);
    this.#punished.delete(key);
    this.#journal.clear(key);
    this.#journal.note();
  }

  /** What was found out about an event is not lost with a copy that could not be stored. */
  suspectAgain(entry: Entry, outcome: Outcome | undefined): void {
    const hasCrashed = outcome?.kind === "crashed";
    this.#punished.delete(keyOf(entry));
    if (entry.alone || hasCrashed) this.#journal.suspect(keyOf(entry), hasCrashed ? 1 : 0);
  }
}
