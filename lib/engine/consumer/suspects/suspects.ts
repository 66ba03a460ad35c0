/**
 * Events that may have ended a process: they run alone, and what ends a process while alone has
 * used up an attempt. What runs is noted on disk, for the process after this one.
 *
 * @module
 */

import { isDiskFull } from "../../../errors/disk_full.ts";
import { errorData } from "../../../errors/error_data.ts";
import type { Outcome } from "../../settle/outcome.ts";
import { notice, type Reporter } from "../../report.ts";
import type { Entry } from "../entry.ts";
import { type EventKey, keyOf } from "./event_key.ts";
import { IsolatedRuns } from "./isolation.ts";
import { Journal } from "./journal.ts";
import type { IsolationTurns } from "./turns.ts";

/** Whose suspects they are, where they are noted and how they run. */
export interface SuspectsOptions {
  readonly queue: string;
  /** Where the journal is kept. */
  readonly stateDir: string;
  readonly report: Reporter;
  /** The turns of all queues of this process. */
  readonly turns: IsolationTurns;
  /** Has an isolated event run; its turn lasts until {@linkcode Suspects.endTurn}. */
  readonly run: (entry: Entry) => void;
  /**
   * How many events may be taken at once, where they run one after another: then what was taken is
   * not named, as that would cost a write for each read of the socket and say little more.
   * @default {undefined} where several run at once: those are named
   */
  readonly unnamed?: number | undefined;
}

/** How often a journal that cannot be written is reported, in ms. */
const UNWRITTEN_EVERY_MS = 60_000;

const MAKE_ROOM = "make room on the disk of that folder";
const CHECK_FOLDER = "check that folder and its disk";

/**
 * Knows the suspects of one queue, runs them alone, and keeps the journal. Events run on when that
 * cannot be written, as it only helps after a crash.
 */
export class Suspects implements Disposable {
  readonly #options: SuspectsOptions;
  readonly #journal: Journal;
  readonly #isolated: IsolatedRuns;
  /** Suspects whose attempt is being counted. */
  readonly #counted = new Set<EventKey>();
  #unwrittenAt = -Infinity;

  /** @throws {Error} When the journal cannot be kept, except on a full disk; says what to do. */
  constructor(options: SuspectsOptions) {
    this.#options = options;
    const { stateDir, queue } = options;
    this.#journal = Journal.open(stateDir, queue, (error) => this.#reportUnwritten(error));
    this.#isolated = new IsolatedRuns(options.turns, options.run);
  }

  /** Whether a process before this one ended while it ran events. */
  get afterUncleanEnd(): boolean {
    return this.#journal.afterUncleanEnd;
  }

  /** Events are taken from now on. */
  begin(): void {
    this.#journal.begin();
  }

  /** Notes that these entries run or are about to, and all others do not. */
  running(entries: readonly Entry[]): void {
    const { unnamed } = this.#options;
    const [first] = entries;
    if (!first || first.alone || unnamed === undefined) return this.named(entries);
    this.#note(() => this.#journal.runningUnnamed(unnamed));
  }

  /** The same, by their names in any case. */
  named(entries: readonly Entry[]): void {
    if (entries.length === 0) return this.#journal.idle();
    const isAlone = this.#isolated.has(entries[0]);
    this.#note(() => this.#journal.running(entries.map(keyOf), isAlone));
  }

  /**
   * Notes that nothing runs, if that is so, and gives a turn that has lasted for long to another
   * queue; to be called a few times a second.
   *
   * @param now `performance.now()`
   * @param running The entries that run now.
   */
  sweep(now: number, running: () => readonly Entry[]): void {
    if (this.#isolated.giveTurn(now)) this.named(running());
    this.#note(() => this.#journal.sweep());
  }

  // Which events are suspects.

  /** Whether the event is a suspect, and so has to run alone. */
  has(entry: Entry): boolean {
    if (!this.#journal.hasSuspects) return false;
    const key = keyOf(entry);
    if (this.#journal.suspicion(key) !== undefined) return true;
    return entry.delivery.redelivered && this.#journal.isUnknownSuspect(key);
  }

  /**
   * The outcome of an event that ended a process while alone, or hung in it; it is not run now. It
   * stays a suspect until that is stored, as the next event may end this process before.
   *
   * @returns `undefined` when it did not, when that is being counted already, or when,
   * without an id, it is delivered for the first time: then another has the same body.
   */
  countCrash(entry: Entry): Outcome | undefined {
    const key = keyOf(entry);
    const crashes = this.#journal.suspicion(key) ?? 0;
    const mayBeAnother = entry.messageId === "" && !entry.delivery.redelivered;
    if (crashes === 0 || mayBeAnother || this.#counted.has(key)) return undefined;
    this.#counted.add(key);
    const error = {
      name: "ProcessEnded",
      message: "The process that ran this event ended before the event did",
    };
    return { kind: "crashed", reason: "crashed", attempt: entry.attempt, error };
  }

  /** What an event did to a process is stored with it: it is no suspect any more. */
  clear(entry: Entry): void {
    this.#note(() => {
      const key = keyOf(entry);
      this.#counted.delete(key);
      this.#journal.clear(key);
      this.#journal.note();
    });
  }

  /** What was found out about an event is not lost with a copy that could not be stored. */
  suspect(entry: Entry, outcome: Outcome | undefined): void {
    this.#note(() => {
      const key = keyOf(entry);
      const crashes = outcome?.kind === "crashed" ? 1 : 0;
      this.#counted.delete(key);
      if (entry.alone || crashes > 0) this.#suspect(key, crashes);
    });
  }

  /** The event goes on as a copy, which is known by its id: what is known of it goes with it. */
  rename(entry: Entry): void {
    this.#move(keyOf(entry), entry.id);
  }

  /** No copy of the event was stored, after {@linkcode rename}. */
  renameBack(entry: Entry): void {
    this.#move(entry.id, keyOf(entry));
  }

  #move(from: EventKey, to: EventKey): void {
    const crashes = this.#journal.suspicion(from);
    if (crashes === undefined || from === to) return;
    this.#note(() => {
      this.#journal.clear(from);
      this.#journal.suspect(to, crashes);
    });
  }

  /** What is known already is not made less. */
  #suspect(key: EventKey, crashes: number): void {
    const known = this.#journal.suspicion(key);
    if (known === undefined || known < crashes) this.#journal.suspect(key, crashes);
  }

  // Isolated runs.

  /** Has a suspect run alone, now or when the queue's turn has come. */
  isolate(entry: Entry): void {
    this.#isolated.add(entry);
  }

  /** An isolated entry is not going to run in this turn. */
  endTurn(entry: Entry): void {
    this.#isolated.end(entry);
  }

  /** An isolated run has come to its end. A suspect that was released is one still. */
  endIsolated(entry: Entry, outcome: Outcome): void {
    const key = keyOf(entry);
    this.#note(() => {
      if (outcome.kind === "released") return this.#suspect(key, 0);
      this.#journal.clear(key);
      this.#journal.running([], false);
    });
    this.#isolated.end(entry);
  }

  /** Takes out what came before a time and waits for the queue's turn. */
  takeWaiting(receivedBefore: number): Entry[] {
    return this.#isolated.takeWaiting(receivedBefore);
  }

  // The end.

  /**
   * Leaves the journal to the next process, as if this one had died while these events ran: a single
   * one ended it, of several each is a suspect.
   */
  leave(entries: readonly Entry[]): void {
    this.#note(() => this.#journal.running(entries.map(keyOf), entries.length === 1));
    this.#journal.leave();
  }

  /** Nothing runs any more. Those that are still suspects, or were left, are for the next process. */
  [Symbol.dispose](): void {
    this.#isolated[Symbol.dispose]();
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
    report(notice(
      "error",
      queue,
      "The journal of queue {queue} in {folder} cannot be written, so an event that ends this " +
        `process cannot be found afterwards: ${isDiskFull(error) ? MAKE_ROOM : CHECK_FOLDER}`,
      { properties: { folder: stateDir }, error: errorData(error) },
    ));
  }
}
