/**
 * The queues of the file: their names, how many events of each are ready, and the sequence that
 * gives events their ids and places.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** All but {@linkcode Queues.depth} and the names is to be used in a transaction. */
export class Queues {
  readonly #byName: StatementSync;
  readonly #insert: StatementSync;
  readonly #ready: StatementSync;
  readonly #addReady: StatementSync;
  readonly #next: StatementSync;
  readonly #setNext: StatementSync;
  readonly #ids = new Map<string, number>();
  /** By how much the number of ready events changes in this transaction, by queue. */
  readonly #added = new Map<number, number>();
  #position: number | undefined;

  /** @param db The open file. */
  constructor(db: DatabaseSync) {
    this.#byName = db.prepare("select id from queue where name = ?");
    this.#insert = db.prepare("insert into queue (name) values (?)");
    this.#ready = db.prepare("select ready from queue where id = ?");
    this.#addReady = db.prepare("update queue set ready = ready + ? where id = ?");
    this.#next = db.prepare("select next from sequence");
    this.#setNext = db.prepare("update sequence set next = ?");
  }

  /** The queue's id; `undefined` when there is no such queue. */
  find(name: string): number | undefined {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#byName.get(name)?.id;
    if (typeof id !== "number") return undefined;
    this.#ids.set(name, id);
    return id;
  }

  /** The queue's id; it is made if need be. */
  declare(name: string): number {
    return this.find(name) ?? Number(this.#insert.run(name).lastInsertRowid);
  }

  /** How many events are ready, as of the last commit. */
  ready(queue: number): number {
    return Number(this.#ready.get(queue)?.ready ?? 0);
  }

  /** The next number of the sequence. */
  next(): number {
    this.#position ??= Number(this.#next.get()?.next);
    return this.#position++;
  }

  /** So many events more are ready; less, if negative. */
  addReady(queue: number, count: number): void {
    this.#added.set(queue, (this.#added.get(queue) ?? 0) + count);
  }

  /** Writes what was counted; the last thing before a commit. */
  write(): void {
    for (const [queue, count] of this.#added) if (count !== 0) this.#addReady.run(count, queue);
    if (this.#position !== undefined) this.#setNext.run(this.#position);
    this.#forgetCounts();
  }

  /** The transaction was rolled back: what it made is not there. */
  rolledBack(): void {
    this.#forgetCounts();
    this.#ids.clear();
  }

  #forgetCounts(): void {
    this.#added.clear();
    this.#position = undefined;
  }
}
