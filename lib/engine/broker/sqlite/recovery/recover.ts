/**
 * Recovers a damaged file of the broker into a new one.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BrokerError } from "../../broker.ts";
import { checksum } from "../checksum.ts";
import { openFile } from "../file.ts";
import { countHolders } from "../lock.ts";
import { tryTo } from "../mark.ts";
import { pagesOf } from "./pages.ts";
import { Salvage, type SavedEvent, type SavedPlace } from "./salvage.ts";

/** A longer wait is taken for damage, in ms: a year. */
const LONGEST_WAIT_MS = 366 * 86_400_000;

/** The result of a recovery. */
export interface Recovered {
  /** How many events are in the new file. */
  readonly events: number;
  /** How many events the damaged file had, as far as is known. */
  readonly of: number;
  /** Whether it may have had more. */
  readonly isAtLeast: boolean;
  readonly queues: readonly RecoveredQueue[];
}

/** A queue of the new file. */
export interface RecoveredQueue {
  readonly name: string;
  /** Whether its own name cannot be read. */
  readonly isRenamed: boolean;
  readonly ready: number;
  readonly waiting: number;
}

/**
 * Copies every event that can be read. Events that were taken are ready again. Reads the log of the
 * file too, and writes neither.
 *
 * @param from The damaged file.
 * @param to The new file, which appears when it is complete.
 * @throws {BrokerError} When there is nothing to read, the damaged file is in use, or the new one
 * exists or cannot be written.
 */
export async function recover(from: string, to: string): Promise<Recovered> {
  assertUnused(from);
  assertMissing(to);
  using file = openToRead(from);
  using log = openIfThere(`${from}-wal`);
  const salvage = new Salvage(pagesOf(file, log));
  if (salvage.isEmpty) throw new BrokerError("damaged", `Nothing of ${from} can be read`);
  const unfinished = `${to}-unfinished-${crypto.randomUUID()}`;
  try {
    const recovered = await write(salvage, unfinished);
    assertMissing(to);
    Deno.renameSync(unfinished, to);
    return recovered;
  } catch (error) {
    throw unwritten(to, error);
  } finally {
    for (const end of ["", "-wal", "-shm"]) tryTo(() => Deno.removeSync(unfinished + end));
  }
}

async function write(salvage: Salvage, path: string): Promise<Recovered> {
  const db = await openFile(path);
  try {
    db.exec("begin immediate");
    const recovered = new Writer(db, salvage).write();
    db.exec("commit; pragma wal_checkpoint(truncate)");
    return recovered;
  } finally {
    db.close();
  }
}

/** Writes what was saved into a new file. */
class Writer {
  readonly #salvage: Salvage;
  readonly #db: DatabaseSync;
  readonly #addQueue: StatementSync;
  readonly #addEvent: StatementSync;
  readonly #addReady: StatementSync;
  readonly #addWaiting: StatementSync;
  readonly #queues = new Map<number, { name: string; ready: number; waiting: number }>();
  readonly #written = new Set<number>();
  /** The ids of all events that the damaged file is known to have had. */
  readonly #known: Set<number>;
  #last = 0;

  constructor(db: DatabaseSync, salvage: Salvage) {
    this.#db = db;
    this.#salvage = salvage;
    this.#known = new Set(salvage.places.keys());
    this.#addQueue = db.prepare("insert into queue values (?, ?, ?)");
    this.#addEvent = db.prepare("insert into event values (?, ?, ?, ?, ?, ?)");
    this.#addReady = db.prepare("insert into ready values (?, ?, ?, ?)");
    this.#addWaiting = db.prepare("insert into waiting values (?, ?, ?)");
    for (const [id, name] of salvage.queues) this.#queues.set(id, { name, ready: 0, waiting: 0 });
  }

  write(): Recovered {
    this.#salvage.events((id, event) => {
      this.#known.add(id);
      if (event) this.#write(event);
    });
    for (const [id, { name, ready }] of this.#queues) this.#addQueue.run(id, name, ready);
    this.#db.prepare("update sequence set next = ?").run(this.#last + 1);
    const { clock, queues, arePlacesDamaged } = this.#salvage;
    if (clock) {
      this.#db.prepare("update clock set latest = ?, ahead = ?").run(clock.latest, clock.ahead);
    }
    return {
      events: this.#written.size,
      of: this.#known.size,
      isAtLeast: arePlacesDamaged,
      queues: [...this.#queues].map(([id, one]) => ({ ...one, isRenamed: !queues.has(id) })),
    };
  }

  #write({ id, properties, body, queue }: SavedEvent): void {
    const { queue: to, position, handouts, due } = this.#placeOf(id, queue);
    if (to === null || this.#written.has(id)) return;
    this.#written.add(id);
    this.#last = Math.max(this.#last, id, position);
    this.#addEvent.run(id, properties, body, to, checksum(properties), checksum(body));
    if (due === undefined) this.#addReady.run(to, position, id, handouts);
    else this.#addWaiting.run(due, id, to);
    this.#queue(to)[due === undefined ? "ready" : "waiting"]++;
  }

  /** A place that does not fit the event is damaged: the event becomes ready in its own queue. */
  #placeOf(id: number, queue: number | null): Omit<SavedPlace, "queue"> & { queue: number | null } {
    const place = this.#salvage.places.get(id);
    const isRight = place && (queue === null || place.queue === queue) &&
      (place.due ?? 0) < Date.now() + LONGEST_WAIT_MS;
    return isRight ? place : { queue, position: id, handouts: 0, due: undefined };
  }

  #queue(id: number): { ready: number; waiting: number } {
    const known = this.#queues.get(id) ?? { name: `recovered_${id}`, ready: 0, waiting: 0 };
    this.#queues.set(id, known);
    return known;
  }
}

/** Refuses a file of a process that is alive: it changes while it is read. */
function assertUnused(path: string): void {
  const holders = countHolders(`${path}-owners`);
  if (holders === 0) return;
  const processes = holders === 1 ? "a process" : `${holders} processes`;
  throw new BrokerError("refused", `${path} is in use by ${processes}: stop what uses it first`);
}

function assertMissing(path: string): void {
  if (!isThere(path)) return;
  throw new BrokerError("refused", `${path} exists: name a file that does not exist yet`);
}

function unwritten(to: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error.cause instanceof Error ? error.cause : error;
  const says = `${to} cannot be written: name a file in a folder that this user may write, on a ` +
    `disk with twice the room of the events (${message})`;
  return new BrokerError("refused", says, { cause: error });
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function openToRead(path: string): Deno.FsFile {
  try {
    if (Deno.statSync(path).isDirectory) throw new Error("it is a folder");
    return Deno.openSync(path, { read: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BrokerError("refused", `${path} cannot be opened: ${reason}`, { cause: error });
  }
}

function openIfThere(path: string): Deno.FsFile | undefined {
  return isThere(path) ? openToRead(path) : undefined;
}
