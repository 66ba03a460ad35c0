/**
 * Which events this process is about to run, on disk, so that the next process knows what was
 * running when this one died: one file per process and queue.
 *
 * @module
 */

import { join } from "node:path";
import process from "node:process";
import { isDiskFull } from "../../../errors/disk_full.ts";
import { errorData } from "../../../errors/error_data.ts";
import {
  type Inherited,
  inheritJournals,
  type JournalRecord,
  MAX_SUSPECTS,
} from "./dead_journals.ts";
import type { EventKey } from "./event_key.ts";
import { JournalFile } from "./journal_file.ts";
import { UnknownSuspects } from "./unknown_suspects.ts";

const NO_SUSPECTS: JournalRecord["suspects"] = {};

/** The journal of one queue in one process. */
export class Journal implements Disposable {
  readonly #file: JournalFile;
  readonly #suspects: Map<EventKey, number>;
  readonly #unknown: UnknownSuspects;
  #running: readonly EventKey[] = [];
  #alone = false;
  #unnamed = 0;
  /** Whether the disk has what was noted last. */
  #isNoted = false;
  /** Whether what was noted last does not run any more. */
  #isStale = false;
  /** Whether a process before this one ended while it ran events. */
  readonly afterUncleanEnd: boolean;

  private constructor(file: JournalFile, inherited: Inherited, clock: () => number) {
    this.#file = file;
    this.#suspects = inherited.suspects;
    this.#unknown = new UnknownSuspects(inherited.unknown, clock);
    this.afterUncleanEnd = inherited.unclean;
  }

  /**
   * Opens the journal and takes over what dead processes left of this queue. On a full disk it is
   * written, and what they left is removed, when there is room again.
   *
   * @param stateDir The folder `STATE_DIR`; made if need be.
   * @param onFull Gets the error of a disk that is full.
   * @param clock The time in ms on a clock that is never set. @default {performance.now}
   * @throws {Error} When the folder cannot be written for another reason; says what to do.
   */
  static open(
    stateDir: string,
    queue: string,
    onFull: (error: unknown) => void = () => {},
    clock: () => number = () => performance.now(),
  ): Journal {
    const dir = join(stateDir, "journal");
    try {
      const prefix = `${encodeURIComponent(queue)}@`;
      const path = join(dir, `${prefix}${process.pid}-${crypto.randomUUID()}.journal`);
      const inherited = inheritJournals(dir, prefix, path);
      const journal = new Journal(new JournalFile(path, inherited.paths), inherited, clock);
      journal.#begin(onFull);
      return journal;
    } catch (error) {
      throw new Error(
        `The journal of ${queue} cannot be kept in ${dir}: ${errorData(error).message}. ` +
          `Set STATE_DIR to a folder that this user may write`,
        { cause: error },
      );
    }
  }

  #begin(onFull: (error: unknown) => void): void {
    try {
      this.running([], false);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      onFull(error);
    }
  }

  /** Notes what is about to run, in place of all that was noted before. */
  running(keys: readonly EventKey[], alone: boolean): void {
    this.#set(keys, alone, 0);
  }

  /**
   * Notes that events run, or are about to, without saying which: those that are delivered again to
   * the next process may be them. Costs nothing where that is what was noted last.
   *
   * @param most How many there are at once, at most.
   */
  runningUnnamed(most: number): void {
    if (this.#unnamed === most && this.#isNoted) this.#isStale = false;
    else this.#set([], false, most);
  }

  #set(keys: readonly EventKey[], alone: boolean, unnamed: number): void {
    this.#isStale = false;
    this.#running = keys;
    this.#alone = alone;
    this.#unnamed = unnamed;
    this.note();
  }

  /** Notes which events are suspects now, beside what was noted to run. */
  note(): void {
    if (this.#file.isClosed) return;
    this.#isNoted = false;
    const record: JournalRecord = {
      running: this.#running,
      alone: this.#alone,
      unnamed: this.#unnamed,
      suspects: this.#suspects.size === 0 ? NO_SUSPECTS : Object.fromEntries(this.#suspects),
      unknown: this.#unknown.count,
    };
    this.#file.write(JSON.stringify(record));
    this.#isNoted = true;
  }

  /** Events are taken from now on: what a dead process had taken comes again within 5 minutes. */
  begin(): void {
    this.#unknown.begin();
  }

  /** Nothing runs any more: noted at the next {@linkcode sweep}, unless something runs by then. */
  idle(): void {
    this.#isStale = true;
  }

  /** Notes that nothing runs, if that is so and not noted yet. */
  sweep(): void {
    this.#unknown.sweep();
    if (this.#isStale) this.running([], false);
  }

  /** Whether any event is a suspect. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0 || this.#unknown.count > 0;
  }

  /** How often the event ended a process while alone; `undefined` when it is no suspect. */
  suspicion(key: EventKey): number | undefined {
    return this.#suspects.get(key);
  }

  /**
   * An event was delivered again that is no suspect by its name: it may be one of those that ran
   * without theirs. @returns Whether it is a suspect now.
   */
  isUnknownSuspect(key: EventKey): boolean {
    if (!this.#unknown.take()) return false;
    // Noted when it runs; until then there are as many on disk as before.
    this.#suspects.set(key, 0);
    return true;
  }

  /** The event has been dealt with: it is no suspect any more. */
  clear(key: EventKey): void {
    this.#suspects.delete(key);
  }

  /** The event has not been dealt with after all. @param crashes How often it ended a process. */
  suspect(key: EventKey, crashes: number): void {
    this.#suspects.delete(key);
    this.#suspects.set(key, crashes);
    this.#forgetOldest();
    this.note();
  }

  #forgetOldest(): void {
    const [oldest] = this.#suspects.keys();
    if (oldest !== undefined && this.#suspects.size > MAX_SUSPECTS) this.#suspects.delete(oldest);
  }

  /** Leaves the file for the next process, as if this one had died. */
  leave(): void {
    this.#file.close();
  }

  /**
   * Ends the journal: nothing runs any more. Suspects with a name are left for the next process.
   *
   * @throws {Error} When that cannot be written; it is ended all the same.
   */
  [Symbol.dispose](): void {
    if (this.#file.isClosed) return;
    try {
      if (this.#suspects.size > 0) this.#end();
      else this.#file.remove();
    } finally {
      this.#file.close();
    }
  }

  #end(): void {
    this.#unknown.clear();
    this.running([], false);
  }
}
