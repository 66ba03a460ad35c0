/**
 * The events of the file: how they are stored, taken and settled. Everything here runs in a
 * transaction.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Checked, checksum, intact } from "./checksum.ts";
import type { Queues } from "./queues.ts";

/** An event as it is stored in the file. */
export interface Row extends Checked {
  readonly position: number;
  /** How many times it was taken before. */
  readonly handouts: number;
}

/** Events that an owner has taken. */
export interface Claimed {
  readonly rows: readonly Row[];
  /** Whether these were all the events that are ready. */
  readonly isAll: boolean;
}

/** The columns of {@linkcode Checked}. */
export const CHECKED = "id, properties, body, properties_crc as propertiesCrc, body_crc as bodyCrc";

/** The most bytes of bodies that are taken in one transaction; one event is always taken. */
const MAX_CLAIM_BYTES = 4 * 1024 * 1024;
/** The most events that are made ready in one transaction. */
const MAX_DUE = 1000;

/** The statements on events. A settlement has an effect only for the owner that took the event. */
export class Events {
  readonly #queues: Queues;
  readonly #insert: StatementSync;
  readonly #insertReady: StatementSync;
  readonly #sizes: StatementSync;
  readonly #first: StatementSync;
  readonly #take: StatementSync;
  readonly #leaveReady: StatementSync;
  readonly #removeRun: StatementSync;
  readonly #forgetRun: StatementSync;
  readonly #queueOf: StatementSync;
  readonly #release: StatementSync;
  readonly #change: StatementSync;
  readonly #insertWaiting: StatementSync;
  readonly #nextDue: StatementSync;
  readonly #due: StatementSync;
  readonly #leaveWaiting: StatementSync;
  readonly #waitingOf: StatementSync;
  readonly #remove: StatementSync;
  readonly #countWaiting: StatementSync;

  /** @param db The open file. @param queues Its queues. */
  constructor(db: DatabaseSync, queues: Queues) {
    this.#queues = queues;
    this.#insert = db.prepare("insert into event values (?, ?, ?, ?, ?, ?)");
    this.#insertReady = db.prepare("insert into ready values (?, ?, ?, ?)");
    this.#sizes = db.prepare(
      "select length(body) as size from ready join event on id = event where ready.queue = ? " +
        "order by position, event limit ?",
    );
    this.#first = db.prepare(
      `select position, handouts, ${CHECKED} from ready join event on id = event ` +
        "where ready.queue = ? order by position, event limit ?",
    );
    const upTo = "from ready where queue = ? and (position, event) <= (?, ?)";
    this.#take = db.prepare(
      `insert into taken select ?, event, queue, position, handouts + 1 ${upTo}`,
    );
    this.#leaveReady = db.prepare(`delete ${upTo}`);
    const run = "from taken where owner = ? and event between ? and ?";
    this.#removeRun = db.prepare(`delete from event where id in (select event ${run})`);
    this.#forgetRun = db.prepare(`delete ${run}`);
    this.#queueOf = db.prepare("select queue from taken where owner = ? and event = ?");
    this.#release = db.prepare(
      "insert into ready select queue, position, event, handouts from taken " +
        "where owner = ? and event = ?",
    );
    this.#change = db.prepare(
      "update event set properties = ?, properties_crc = ?, queue = ? where id = ?",
    );
    this.#insertWaiting = db.prepare("insert into waiting values (?, ?, ?)");
    this.#nextDue = db.prepare("select due from waiting order by due limit 1");
    this.#due = db.prepare(
      "select due, event, queue from waiting where due <= ? order by due, event limit ?",
    );
    this.#countWaiting = db.prepare("select count(*) as count from waiting where queue = ?");
    this.#waitingOf = db.prepare("select due, event, queue from waiting where queue = ? limit ?");
    this.#remove = db.prepare("delete from event where id = ?");
    this.#leaveWaiting = db.prepare("delete from waiting where due = ? and event = ?");
  }

  /** Adds an event to the end of a queue. */
  add(queue: number, properties: string | null, body: Uint8Array): void {
    const id = this.#queues.next();
    this.#insert.run(id, properties, body, queue, checksum(properties), checksum(body));
    this.#insertReady.run(queue, id, id, 0);
    this.#queues.addReady(queue, 1);
  }

  /** Adds an event that waits. @param due ms since 1970 by the file's clock. */
  addWaiting(queue: number, properties: string | null, body: Uint8Array, due: number): void {
    const id = this.#queues.next();
    this.#insert.run(id, properties, body, queue, checksum(properties), checksum(body));
    this.#insertWaiting.run(due, id, queue);
  }

  /**
   * Takes the first events of a queue for an owner.
   *
   * @param limit How many at most.
   * @throws {DamageError} When one is damaged.
   */
  claim(owner: number, queue: number, limit: number): Claimed {
    const fitting = this.#countFitting(queue, limit);
    const rows = intact(this.#first.all(queue, fitting) as unknown as Row[]);
    const last = rows.at(-1);
    if (!last) return { rows, isAll: true };
    this.#take.run(owner, queue, last.position, last.id);
    this.#leaveReady.run(queue, last.position, last.id);
    this.#queues.addReady(queue, -rows.length);
    return { rows, isAll: rows.length < fitting };
  }

  /** Removes events that are done. @param ids Their ids, which are sorted here. */
  remove(owner: number, ids: number[]): void {
    ids.sort((a, b) => a - b);
    for (let from = 0; from < ids.length;) {
      const first = ids[from] ?? 0;
      let to = from;
      while (ids[to + 1] === (ids[to] ?? 0) + 1) to++;
      this.#removeRun.run(owner, first, ids[to] ?? first);
      this.#forgetRun.run(owner, first, ids[to] ?? first);
      from = to + 1;
    }
  }

  /** Releases an event to its place. @returns Its queue; `undefined` if the owner has not taken it. */
  release(owner: number, id: number): number | undefined {
    const queue = this.#queueTakenFrom(owner, id);
    if (queue === undefined) return undefined;
    this.#release.run(owner, id);
    this.#forgetRun.run(owner, id, id);
    this.#queues.addReady(queue, 1);
    return queue;
  }

  /** Makes an event wait, with other properties. @param due ms since 1970 by the file's clock. */
  postpone(owner: number, id: number, properties: string | null, due: number): void {
    const queue = this.#queueTakenFrom(owner, id);
    if (queue === undefined) return;
    this.#change.run(properties, checksum(properties), queue, id);
    this.#forgetRun.run(owner, id, id);
    this.#insertWaiting.run(due, id, queue);
  }

  /** Puts an event at the end of another queue, with other properties. */
  transfer(owner: number, id: number, properties: string | null, to: number): void {
    if (this.#queueTakenFrom(owner, id) === undefined) return;
    this.#change.run(properties, checksum(properties), to, id);
    this.#forgetRun.run(owner, id, id);
    this.#append(to, id);
  }

  /** When the next of the waiting events is due by the file's clock; Infinity when none waits. */
  nextDue(): number {
    const due = this.#nextDue.get()?.due;
    return typeof due === "number" ? due : Infinity;
  }

  /** How many events of a queue wait. */
  countWaiting(queue: number): number {
    return Number(this.#countWaiting.get(queue)?.count ?? 0);
  }

  /** Deletes some events of a queue that wait. @returns How many. */
  removeWaiting(queue: number, limit: number): number {
    const rows = this.#waitingOf.all(queue, limit) as unknown as WaitingRow[];
    for (const { due, event } of rows) {
      this.#leaveWaiting.run(due, event);
      this.#remove.run(event);
    }
    return rows.length;
  }

  /** Puts events that are due at the end of their queues. @returns Whether these were all. */
  promote(now: number): boolean {
    const rows = this.#due.all(now, MAX_DUE) as unknown as WaitingRow[];
    for (const { due, event, queue } of rows) {
      this.#leaveWaiting.run(due, event);
      this.#append(queue, event);
    }
    return rows.length < MAX_DUE;
  }

  #append(queue: number, id: number): void {
    this.#insertReady.run(queue, this.#queues.next(), id, 0);
    this.#queues.addReady(queue, 1);
  }

  #queueTakenFrom(owner: number, id: number): number | undefined {
    const queue = this.#queueOf.get(owner, id)?.queue;
    return typeof queue === "number" ? queue : undefined;
  }

  /** How many of the first events may be taken together. */
  #countFitting(queue: number, limit: number): number {
    if (limit <= 1) return limit;
    const sizes = this.#sizes.all(queue, limit) as unknown as { size: number }[];
    const count = countFitting(sizes, MAX_CLAIM_BYTES);
    return count < sizes.length ? count : limit;
  }
}

/** How many of the first events have these bytes together at most; one in any case. */
export function countFitting(events: readonly { size: number }[], bytes: number): number {
  let sum = 0;
  const tooMany = events.findIndex(({ size }, index) => (sum += size) > bytes && index > 0);
  return tooMany < 0 ? events.length : tooMany;
}

interface WaitingRow {
  readonly due: number;
  readonly event: number;
  readonly queue: number;
}
