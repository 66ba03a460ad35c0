/**
 * Which events this process is about to run, on disk, so that the next process knows what was
 * running when this one died: one file per process and queue, locked for as long as it lives.
 *
 * @module
 */

import { join } from "node:path";
import { errorData } from "../../../errors/error_data.ts";
import {
  type Inherited,
  inheritJournals,
  type JournalRecord,
  MAX_SUSPECTS,
} from "./dead_journals.ts";
import type { EventKey } from "./event_key.ts";

/** The journal of one queue in one process. */
export class Journal implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  readonly #encoder = new TextEncoder();
  readonly #suspects: Map<EventKey, number>;
  #running: readonly EventKey[] = [];
  #alone = false;
  #unnamed = 0;
  #unknown: number;
  readonly #clock: () => number;
  #knowsAllAt = Infinity;
  /** Whether what is said last lies on the disk. */
  #isNoted = false;
  #bytes = 0;
  #isStale = false;
  #isClosed = false;
  /** Whether a process before this one ended while it ran events. */
  readonly afterUncleanEnd: boolean;

  private constructor(
    file: Deno.FsFile,
    path: string,
    inherited: Inherited,
    clock: () => number,
  ) {
    this.#clock = clock;
    this.#file = file;
    this.#path = path;
    this.#suspects = inherited.suspects;
    this.#unknown = inherited.unknown;
    this.afterUncleanEnd = inherited.unclean;
  }

  /**
   * Opens the journal and takes over what dead processes left of this queue.
   *
   * @param stateDir The folder `STATE_DIR`; made if need be.
   * @param clock The time in ms on a clock that is never set. @default {performance.now}
   * @throws {Error} When the folder cannot be written; says what to do.
   */
  static open(stateDir: string, queue: string, clock = () => performance.now()): Journal {
    const dir = join(stateDir, "journal");
    const prefix = `${encodeURIComponent(queue)}@`;
    try {
      Deno.mkdirSync(dir, { recursive: true });
      const path = join(
        dir,
        `${prefix}${Deno.pid}-${crypto.randomUUID()}.journal`,
      );
      const file = createLocked(path);
      const inherited = inheritJournals(dir, prefix, path);
      const journal = new Journal(file, path, inherited, clock);
      journal.running([], false);
      inherited.paths.forEach(removeIfThere);
      return journal;
    } catch (error) {
      throw new Error(
        `The journal of ${queue} cannot be kept in ${dir}: ${errorData(error).message}. ` +
          `Set STATE_DIR to a folder that this user may write`,
        { cause: error },
      );
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
   * @param most How many there are at once, at the most.
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

  /** Notes which events are suspected now, beside what was said to run. */
  note(): void {
    if (this.#isClosed) return;
    this.#isNoted = false;
    const record: JournalRecord = {
      running: this.#running,
      alone: this.#alone,
      unnamed: this.#unnamed,
      suspects: this.#suspectsRecord(),
      unknown: this.#unknown,
    };
    const line = this.#encoder.encode(JSON.stringify(record) + "\n");
    if (this.#bytes + line.length > MAX_BYTES) this.#startAgain();
    writeAll(this.#file, line);
    this.#bytes += line.length;
    this.#isNoted = true;
  }

  /** Events are taken from now on: what a dead process had taken comes again within 5 minutes. */
  begin(): void {
    this.#knowsAllAt = this.#clock() + UNKNOWN_MS;
  }

  /** Nothing runs any more: noted at the next {@linkcode sweep}, unless something runs by then. */
  idle(): void {
    this.#isStale = true;
  }

  /** Notes that nothing runs, if that is so and not noted yet. */
  sweep(): void {
    if (this.#unknown > 0 && this.#clock() > this.#knowsAllAt) this.#unknown = 0;
    if (this.#isStale) this.running([], false);
  }

  /** Only the last line counts. */
  #startAgain(): void {
    this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#bytes = 0;
  }

  /** Whether any event is suspected. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0 || this.#unknown > 0;
  }

  /** How often the event ended a process while alone; `undefined` when it is not suspected. */
  suspicion(key: EventKey): number | undefined {
    return this.#suspects.get(key);
  }

  /**
   * An event was delivered again that is not suspected by its name: it may be one of those that ran
   * without theirs. @returns Whether it is suspected now.
   */
  isUnknownSuspect(key: EventKey): boolean {
    if (this.#unknown === 0) return false;
    // Noted when it runs; until then there are as many on disk as before.
    this.#unknown--;
    this.#suspects.set(key, 0);
    return true;
  }

  /** The event has been dealt with: it is not suspected any more. */
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }

  /**
   * Ends the journal: nothing runs any more. What is suspected by its name is left for the next.
   *
   * @throws {Error} When that cannot be written; it is ended all the same.
   */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#unknown = 0;
    try {
      if (this.hasSuspects) this.running([], false);
      else removeIfThere(this.#path);
    } finally {
      this.leave();
    }
  }

  #suspectsRecord(): Record<EventKey, number> {
    return this.#suspects.size === 0 ? NO_SUSPECTS : Object.fromEntries(this.#suspects);
  }
}

const NO_SUSPECTS: Record<EventKey, number> = {};
/** After so long, in ms, what a dead process had taken has been delivered again, if it ever is. */
const UNKNOWN_MS = 300_000;
/** The file is begun again when it would grow over this. */
const MAX_BYTES = 256 * 1024;
/** Locked before it has its name, so that nobody finds it without its lock. */
function createLocked(path: string): Deno.FsFile {
  const temporary = `${path}.tmp`;
  const file = Deno.openSync(temporary, {
    write: true,
    read: true,
    createNew: true,
    mode: 0o600,
  });
  file.lockSync(true);
  Deno.renameSync(temporary, path);
  return file;
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) {
    from += file.writeSync(bytes.subarray(from));
  }
}
