/**
 * The processes that use the file: owners of events that were taken, and consumers of queues.
 * Everything here that writes runs in a transaction.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Queues } from "./queues.ts";

/** An owner as the file knows it. */
export interface OwnerRow {
  /** Never reused. */
  readonly id: number;
  /** The name of its lock file. */
  readonly lock: string;
}

/** The owners and consumers of a file. */
export class Owners {
  readonly #queues: Queues;
  readonly #add: StatementSync;
  readonly #all: StatementSync;
  readonly #find: StatementSync;
  readonly #addConsumer: StatementSync;
  readonly #removeConsumer: StatementSync;
  readonly #countConsumers: StatementSync;
  readonly #countTaken: StatementSync;
  readonly #removals: readonly StatementSync[];

  /** @param db The open file. @param queues Its queues. */
  constructor(db: DatabaseSync, queues: Queues) {
    this.#queues = queues;
    this.#add = db.prepare("insert into owner (lock) values (?)");
    this.#all = db.prepare("select id, lock from owner");
    this.#find = db.prepare("select id from owner where id = ?");
    this.#addConsumer = db.prepare("insert or ignore into consumer values (?, ?, ?)");
    this.#removeConsumer = db.prepare(
      "delete from consumer where queue = ? and owner = ? and number = ?",
    );
    this.#countConsumers = db.prepare("select count(*) as count from consumer where queue = ?");
    this.#countTaken = db.prepare(
      "select queue, count(*) as count from taken where owner = ? group by queue",
    );
    this.#removals = [
      "insert into ready select queue, position, event, handouts from taken where owner = ?",
      "delete from taken where owner = ?",
      "delete from consumer where owner = ?",
      "delete from owner where id = ?",
    ].map((sql) => db.prepare(sql));
  }

  /** Adds an owner. @param lock The name of its lock file. @returns Its id. */
  add(lock: string): number {
    return Number(this.#add.run(lock).lastInsertRowid);
  }

  /** All owners, also those whose process has ended. */
  all(): OwnerRow[] {
    return this.#all.all() as unknown as OwnerRow[];
  }

  /** Whether the owner still exists: no other process took it for dead. */
  has(owner: number): boolean {
    return this.#find.get(owner) !== undefined;
  }

  /** Removes an owner and releases the events it had taken. */
  remove(owner: number): void {
    const taken = this.#countTaken.all(owner) as unknown as { queue: number; count: number }[];
    for (const { queue, count } of taken) this.#queues.addReady(queue, count);
    for (const removal of this.#removals) removal.run(owner);
  }

  /** Adds a consumer of the queue. @param number Tells an owner's subscriptions apart. */
  addConsumer(queue: number, owner: number, number: number): void {
    this.#addConsumer.run(queue, owner, number);
  }

  /** Removes a consumer of the queue. */
  removeConsumer(queue: number, owner: number, number: number): void {
    this.#removeConsumer.run(queue, owner, number);
  }

  /** How many subscriptions consume the queue, in all processes. */
  countConsumers(queue: number): number {
    return Number(this.#countConsumers.get(queue)?.count);
  }
}
