/**
 * Events that may have ended a process: they run alone, and what ends a process while alone has
 * used up an attempt. What runs is noted on disk, for the process after this one.
 *
 * @module
 */

import { errorData } from "../../../errors/error_data.ts";
import type { Outcome } from "../../settle/outcome.ts";
import type { Job } from "../../executor/executor.ts";
import { type EventKey, Journal } from "./journal.ts";
import type { Reporter } from "../../report.ts";
import { type Entry, keyOf } from "../entry.ts";

/** Whose suspects they are, and where they are noted. */
export interface SuspectsOptions {
  readonly queue: string;
  /** Where the journal is kept. */
  readonly stateDir: string;
  readonly report: Reporter;
  /**
   * How many events may be taken at once, where they run one after another: then what was taken is
   * not named, as that would cost a write for each read of the socket and say little more.
   * @default {undefined} where several run at once: those are named
   */
  readonly unnamed?: number | undefined;
}

/** How often a journal that cannot be written is reported, in ms. */
const UNWRITTEN_EVERY_MS = 60_000;

/**
 * Knows from the journal which events are suspected, and keeps it. Events run on when it cannot be
 * written, as it only helps after a crash: that is reported, once a minute at the most.
 */
export class Suspects implements Disposable {
  readonly #options: SuspectsOptions;
  readonly #journal: Journal;
  /** Suspects whose attempt is being counted. */
  readonly #punished = new Set<EventKey>();
  #unwrittenAt = -Infinity;

  /** @throws {Error} When the journal cannot be kept; says what to do. */
  constructor(options: SuspectsOptions) {
    this.#options = options;
    this.#journal = Journal.open(options.stateDir, options.queue);
  }

  /** Whether a process before this one ended while it ran events. */
  get afterUncleanEnd(): boolean {
    return this.#journal.afterUncleanEnd;
  }

  /**
   * These jobs run or are about to; all others do not.
   *
   * @param alone Whether it is one, with nothing beside it that may end the process.
   */
  running(jobs: readonly Job[], alone: boolean): void {
    const { unnamed } = this.#options;
    const [first] = jobs;
    if (!first || first.alone || unnamed === undefined) return this.named(jobs, alone);
    this.#note(() => this.#journal.runningUnnamed(unnamed));
  }

  /** The same, by their names in any case. */
  named(jobs: readonly Job[], alone: boolean): void {
    if (jobs.length === 0) this.#journal.idle();
    else this.#note(() => this.#journal.running(jobs.map(keyOf), alone));
  }

  /** Events are taken from now on. */
  begin(): void {
    this.#journal.begin();
  }

  /** Notes that nothing runs, if that is so; to be called a few times a second. */
  sweep(): void {
    this.#note(() => this.#journal.sweep());
  }

  /** Whether the event is suspected, and so has to run alone. */
  has(entry: Entry): boolean {
    if (!this.#journal.hasSuspects) return false;
    const key = keyOf(entry);
    if (this.#journal.suspicion(key) !== undefined) return true;
    return entry.delivery.redelivered && this.#journal.isUnknownSuspect(key);
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
      message: "The process that ran this event ended before the event did",
    };
    return { kind: "crashed", reason: "crashed", attempt: entry.attempt, error };
  }

  /** An event that was to run alone has come to its end; one that was given back is so still. */
  endAlone(entry: Entry, outcome: Outcome): void {
    if (outcome.kind === "released") return this.#note(() => this.#suspect(keyOf(entry), 0));
    this.#note(() => {
      this.#journal.clear(keyOf(entry));
      this.#journal.running([], false);
    });
  }

  /** What an event did to a process is stored with it. */
  acquit(entry: Entry): void {
    this.#note(() => {
      const key = keyOf(entry);
      this.#punished.delete(key);
      this.#journal.clear(key);
      this.#journal.note();
    });
  }

  /** What was found out about an event is not lost with a copy that could not be stored. */
  suspectAgain(entry: Entry, outcome: Outcome | undefined): void {
    this.#note(() => {
      const key = keyOf(entry);
      const crashes = outcome?.kind === "crashed" ? 1 : 0;
      this.#punished.delete(key);
      if (entry.alone || crashes > 0) this.#suspect(key, crashes);
    });
  }

  /** What is known already is not made less. */
  #suspect(key: EventKey, crashes: number): void {
    const known = this.#journal.suspicion(key);
    if (known === undefined || known < crashes) this.#journal.suspect(key, crashes);
  }

  /**
   * Leaves the journal to the next process, as if this one had died while these events ran: a single
   * one is to blame, of several each is a suspect.
   */
  leave(entries: readonly Entry[]): void {
    this.#note(() => this.#journal.running(entries.map(keyOf), entries.length === 1));
    this.#journal.leave();
  }

  /** Nothing runs any more. What is still suspected, or was left, is for the next process. */
  [Symbol.dispose](): void {
    this.#note(() => this.#journal[Symbol.dispose]());
  }

  #note(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#reportUnwritten(error);
    }
  }

  #reportUnwritten(error: unknown): void {
    const now = performance.now();
    if (now - this.#unwrittenAt < UNWRITTEN_EVERY_MS) return;
    this.#unwrittenAt = now;
    const { queue, stateDir, report } = this.#options;
    report({
      kind: "notice",
      level: "error",
      queue,
      message: "The journal of queue {queue} in {folder} cannot be written, so that an event " +
        "which ends this process is not found afterwards: see that the disk has room",
      properties: { folder: stateDir },
      error: errorData(error),
    });
  }
}
