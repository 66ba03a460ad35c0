/**
 * The processes that use the file: owners of events that were taken, and consumers of queues.
 * Everything here that writes runs in a transaction.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Commits } from "./commits.ts";
import { isFree, LifeLock, removeFree } from "./lock.ts";
import type { Queues } from "./queues.ts";

/** An owner as the file knows it. */
export interface OwnerRow {
  /** Never reused. */
  readonly id: number;
  /** The name of its lock file. */
  readonly lock: string;
}

/** The owners and consumers of a file, and this process among them. */
export class Owners {
  readonly #queues: Queues;
  readonly #folder: string;
  #own = 0;
  #lock: LifeLock | undefined;
  #joined: Promise<number> | undefined;
  readonly #add: StatementSync;
  readonly #all: StatementSync;
  readonly #find: StatementSync;
  readonly #addConsumer: StatementSync;
  readonly #removeConsumer: StatementSync;
  readonly #countConsumers: StatementSync;
  readonly #countTaken: StatementSync;
  readonly #removals: readonly StatementSync[];

  /** @param db The open file. @param queues Its queues. @param folder The folder of lock files. */
  constructor(db: DatabaseSync, queues: Queues, folder: string) {
    this.#queues = queues;
    this.#folder = folder;
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

  /** This process's id; 0 before {@linkcode Owners.join}. */
  get own(): number {
    return this.#own;
  }

  /**
   * Makes this process an owner, alive for as long as it holds its lock. @returns Its id.
   *
   * @throws {Error} The error of the file system, or of the transaction.
   */
  async join(commits: Commits): Promise<number> {
    const { name } = this.#lock ??= LifeLock.create(this.#folder);
    this.#joined ??= commits.ask(() => Number(this.#add.run(name).lastInsertRowid));
    try {
      return this.#own = await this.#joined;
    } catch (error) {
      this.#joined = undefined;
      throw error;
    }
  }

  /** Whether other processes have taken this one for dead and removed it. */
  isTakenForDead(): boolean {
    return this.#own !== 0 && this.#find.get(this.#own) === undefined;
  }

  /** The other owners whose process has ended. */
  dead(): OwnerRow[] {
    return this.#rows().filter(({ id, lock }) => id !== this.#own && isFree(this.#folder, lock));
  }

  /** Removes the lock files of owners that are gone. */
  removeLockFiles(): void {
    const known = new Set(this.#rows().map(({ lock }) => lock));
    removeFree(this.#folder, (name) => known.has(name));
  }

  /** Releases the lock. @param isRemoved Whether this owner was removed from the file. */
  end(isRemoved: boolean): void {
    if (isRemoved) this.#lock?.[Symbol.dispose]();
    else this.#lock?.abandon();
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

  #rows(): OwnerRow[] {
    return this.#all.all() as unknown as OwnerRow[];
  }
}
