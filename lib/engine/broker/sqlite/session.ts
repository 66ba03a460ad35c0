/**
 * An open file of the broker: its tables, its transactions, and this process among its owners.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { patiently } from "../../../system/patience.ts";
import type { BrokerError } from "../broker.ts";
import { Checkpoints } from "./checkpoints.ts";
import { Clock } from "./clock.ts";
import type { Commits } from "./commits.ts";
import { damageMark, markDamage } from "./damage.ts";
import {
  brokerError,
  closedError,
  isDamage,
  markedFile,
  replacedFile,
  takenForDead,
} from "./errors.ts";
import { Events } from "./events.ts";
import { openFile, PATIENCE, useFile } from "./file.ts";
import type { Mark } from "./mark.ts";
import { Owners } from "./owners.ts";
import { Queues } from "./queues.ts";
import { ReadyEvents } from "./ready_events.ts";

/** An open file. When it is lost, another session takes its place. */
export class Session {
  readonly queues: Queues;
  readonly events: Events;
  readonly ready: ReadyEvents;
  readonly owners: Owners;
  readonly clock: Clock;
  /** Why events that were delivered from it are delivered again; `undefined` while they are not. */
  lostBy: BrokerError | undefined;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #inode: number | null;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #dataVersion: StatementSync;
  readonly #checkpoints: Checkpoints;
  readonly #damage: Mark;

  private constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#inode = inodeOf(path);
    this.queues = new Queues(db);
    this.events = new Events(db, this.queues);
    this.ready = new ReadyEvents(db, this.queues);
    this.owners = new Owners(db, this.queues, `${path}-owners`);
    this.clock = new Clock(db);
    this.#damage = damageMark(path);
    this.#checkpoints = new Checkpoints(db);
    this.#begin = db.prepare("begin immediate");
    this.#commit = db.prepare("commit");
    this.#dataVersion = db.prepare("pragma data_version");
  }

  /**
   * Opens the file. A damaged one is marked for the other processes.
   *
   * @throws {BrokerError} When it cannot be used.
   */
  static async open(path: string): Promise<Session> {
    const inode = inodeOf(path);
    try {
      return await Session.#open(path);
    } catch (error) {
      if (isDamage(error) && inodeOf(path) === inode) markDamage(path, error);
      throw error;
    }
  }

  static async #open(path: string): Promise<Session> {
    const db = await openFile(path);
    try {
      return await useFile(path, () => new Session(path, db));
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** This process's id among the owners; 0 before {@linkcode Session.join}. */
  get owner(): number {
    return this.owners.own;
  }

  /** Whether events that were delivered from it are delivered again. */
  get isLost(): boolean {
    return this.lostBy !== undefined;
  }

  /**
   * Begins a transaction that writes.
   *
   * @throws {BrokerError} When the file was replaced, or a process has found it damaged.
   */
  begin(): void {
    this.checkFile();
    this.checkMark();
    if (this.lostBy) throw this.lostBy;
    this.#begin.run();
  }

  /** Commits the transaction to the disk. */
  commit(): void {
    this.queues.write();
    this.clock.write();
    this.#commit.run();
    this.#checkpoints.committed();
  }

  /** Rolls the transaction back, if there still is one: some faults end it themselves. */
  rollback(): void {
    this.queues.rolledBack();
    this.clock.rolledBack();
    if (this.#db.isTransaction) this.#db.exec("rollback");
  }

  /** Reads without a transaction, until it succeeds. @throws {BrokerError} For a fault. */
  async read<Result>(read: () => Result): Promise<Result> {
    try {
      return await patiently(PATIENCE, read);
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** The BrokerError for a fault of the file. A damaged file is lost, and marked for the others. */
  explain(error: unknown): unknown {
    const explained = brokerError(error, this.#path);
    if (!isDamage(explained) || this.lostBy) return explained;
    // The mark would be that of a sound file, if another has the name now.
    this.checkFile();
    if (this.lostBy) return this.lostBy;
    this.lostBy = explained;
    markDamage(this.#path, explained);
    return explained;
  }

  /** A number that changes whenever another connection commits. */
  dataVersion(): number {
    return Number(this.#dataVersion.get()?.data_version);
  }

  /**
   * Makes this process an owner, alive for as long as it holds its lock. @returns Its id.
   *
   * @throws {BrokerError} For a fault of the file or of the folder of the lock files.
   */
  async join(commits: Commits): Promise<number> {
    try {
      return await this.owners.join(commits);
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Whether this owner still exists: others remove it when its lock file is gone. */
  isOwner(): boolean {
    if (this.owners.isTakenForDead()) this.lostBy ??= takenForDead(this.#path);
    return !this.isLost;
  }

  /** Checks that the file still has its name: a deleted file is lost when the process ends. */
  checkFile(): void {
    if (inodeOf(this.#path) !== this.#inode) this.lostBy ??= replacedFile(this.#path);
  }

  /** Checks that no process has found the file damaged. */
  checkMark(): void {
    if (this.#damage.isThere) this.lostBy ??= markedFile(this.#path, this.#damage.text);
  }

  /** Closes the file. @param isRemoved Whether this owner was removed from it. */
  close(isRemoved: boolean): void {
    this.lostBy ??= closedError();
    this.#checkpoints[Symbol.dispose]();
    this.#db.close();
    this.owners.end(isRemoved);
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}
