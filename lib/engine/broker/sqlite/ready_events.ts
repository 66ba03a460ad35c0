/**
 * The events that are ready, read and changed in place.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Checked, checksum, intact } from "./checksum.ts";
import { CHECKED, countFitting } from "./events.ts";
import type { Queues } from "./queues.ts";

/** The place of an event in its queue. */
export interface Place {
  readonly position: number;
  readonly id: number;
}

/** An event that is ready. */
export interface ReadyRow extends Place, Checked {}

/** The most bytes of bodies that are read together; one event is always read. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The place before the first event of any queue. */
export const START: Place = { position: 0, id: 0 };

/** Reads, moves and deletes events that are ready. */
export class ReadyEvents {
  readonly #queues: Queues;
  readonly #after: StatementSync;
  readonly #placesAfter: StatementSync;
  readonly #sizesAfter: StatementSync;
  readonly #change: StatementSync;
  readonly #changeBody: StatementSync;
  readonly #leave: StatementSync;
  readonly #enter: StatementSync;
  readonly #delete: StatementSync;

  /** @param db The open file. @param queues Its queues. */
  constructor(db: DatabaseSync, queues: Queues) {
    this.#queues = queues;
    const range = "ready.queue = ? and (position, event) > (?, ?) and position < ? " +
      "order by position, event limit ?";
    this.#after = db.prepare(
      `select position, ${CHECKED} from ready join event on id = event where ${range}`,
    );
    this.#sizesAfter = db.prepare(
      `select length(body) as size from ready join event on id = event where ${range}`,
    );
    this.#placesAfter = db.prepare(`select position, event as id from ready where ${range}`);
    this.#change = db.prepare(
      "update event set properties = ?, properties_crc = ?, queue = ? where id = ?",
    );
    this.#changeBody = db.prepare("update event set body = ?, body_crc = ? where id = ?");
    this.#leave = db.prepare("delete from ready where queue = ? and position = ? and event = ?");
    this.#enter = db.prepare("insert into ready values (?, ?, ?, 0)");
    this.#delete = db.prepare("delete from event where id = ?");
  }

  /**
   * The events behind a place, in order: at most `limit`, fewer when they are large.
   *
   * @param before The position where the list ends, without it.
   * @throws {DamageError} When one is damaged.
   */
  list(queue: number, after: Place, before: number, limit: number): readonly ReadyRow[] {
    const place = [queue, after.position, after.id, before] as const;
    const sizes = this.#sizesAfter.all(...place, limit) as unknown as { size: number }[];
    const rows = this.#after.all(...place, countFitting(sizes, MAX_BYTES));
    return intact(rows as unknown as ReadyRow[]);
  }

  /**
   * Puts an event at the end of a queue, with other properties and perhaps another body. In a
   * transaction. @returns Whether it was still in its place.
   */
  move(
    from: number,
    { position, id }: Place,
    to: number,
    { properties, body }: { properties: string | null; body: Uint8Array | undefined },
  ): boolean {
    if (this.#leave.run(from, position, id).changes === 0) return false;
    this.#change.run(properties, checksum(properties), to, id);
    if (body) this.#changeBody.run(body, checksum(body), id);
    this.#enter.run(to, this.#queues.next(), id);
    this.#queues.addReady(from, -1);
    this.#queues.addReady(to, 1);
    return true;
  }

  /** Deletes an event. In a transaction. @returns Whether it was still in its place. */
  drop(queue: number, { position, id }: Place): boolean {
    if (this.#leave.run(queue, position, id).changes === 0) return false;
    this.#delete.run(id);
    this.#queues.addReady(queue, -1);
    return true;
  }

  /** Deletes the first events of a queue. In a transaction. @returns How many. */
  remove(queue: number, before: number, limit: number): number {
    const places = this.#placesAfter.all(queue, START.position, START.id, before, limit);
    for (const { position, id } of places as unknown as Place[]) {
      this.#leave.run(queue, position, id);
      this.#delete.run(id);
    }
    this.#queues.addReady(queue, -places.length);
    return places.length;
  }
}
