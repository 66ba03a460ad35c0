/**
 * The queues of the file: their names, how many events are ready in each, and the sequence of ids
 * and positions.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Everything but {@linkcode Queues.ready} and {@linkcode Queues.find} runs in a transaction. */
export class Queues {
  readonly #byName: StatementSync;
  readonly #insert: StatementSync;
  readonly #ready: StatementSync;
  readonly #addReady: StatementSync;
  readonly #next: StatementSync;
  readonly #setNext: StatementSync;
  readonly #ids = new Map<string, number>();
  /** The change of the number of ready events in this transaction, by queue. */
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

  /** The queue's id; the queue is made if it does not exist. */
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

  /** Adds to the number of ready events. */
  addReady(queue: number, count: number): void {
    this.#added.set(queue, (this.#added.get(queue) ?? 0) + count);
  }

  /** Writes the counts and the sequence; to be called right before a commit. */
  write(): void {
    for (const [queue, count] of this.#added) if (count !== 0) this.#addReady.run(count, queue);
    if (this.#position !== undefined) this.#setNext.run(this.#position);
    this.#forgetCounts();
  }

  /** Forgets what a transaction made that was rolled back. */
  rolledBack(): void {
    this.#forgetCounts();
    this.#ids.clear();
  }

  #forgetCounts(): void {
    this.#added.clear();
    this.#position = undefined;
  }
}
