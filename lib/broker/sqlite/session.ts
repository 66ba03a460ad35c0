/**
 * One opening of the broker's file: its tables, its transactions, and this process among its
 * owners.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BrokerError } from "../broker.ts";
import type { Commits } from "./commits.ts";
import { brokerError, replacedFile } from "./errors.ts";
import { Events } from "./events.ts";
import { openFile, patiently } from "./file.ts";
import { isFree, LifeLock, removeFree } from "./lock.ts";
import { type OwnerRow, Owners } from "./owners.ts";
import { Queues } from "./queues.ts";

/** How often it is looked whether the file is still the one that was opened, in ms. */
const CHECK_EVERY_MS = 1000;

/** An open file; when it turns out to be lost, another takes its place. */
export class Session {
  readonly queues: Queues;
  readonly events: Events;
  readonly owners: Owners;
  /** Whether what was handed out through it is handed out again by others. */
  isLost = false;
  /** The owner of what is handed out; 0 before {@linkcode Session.join}. */
  owner = 0;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #inode: number | null;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #dataVersion: StatementSync;
  #checkedAt = performance.now();
  #lock: LifeLock | undefined;
  #joined: Promise<number> | undefined;

  private constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#inode = Deno.statSync(path).ino;
    this.queues = new Queues(db);
    this.events = new Events(db, this.queues);
    this.owners = new Owners(db, this.queues);
    this.#begin = db.prepare("begin immediate");
    this.#commit = db.prepare("commit");
    this.#dataVersion = db.prepare("pragma data_version");
  }

  /** Opens the file. @throws {BrokerError} When it cannot be used. */
  static async open(path: string): Promise<Session> {
    const db = await openFile(path);
    try {
      return await patiently(path, () => new Session(path, db));
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Begins a transaction that writes. @throws {BrokerError} When the file was replaced. */
  begin(): void {
    this.#assertInPlace();
    this.#begin.run();
  }

  /** Ends a transaction; it is on the disk then. */
  commit(): void {
    this.queues.write();
    this.#commit.run();
  }

  /** Undoes a transaction, if there is still one: some faults end it by themselves. */
  rollback(): void {
    this.queues.rolledBack();
    if (this.#db.isTransaction) this.#db.exec("rollback");
  }

  /** Reads without a transaction, until it succeeds. @throws {BrokerError} For a fault. */
  async read<Result>(read: () => Result): Promise<Result> {
    return await patiently(this.#path, read);
  }

  /** A number that changes whenever another connection has committed. */
  dataVersion(): number {
    return Number(this.#dataVersion.get()?.data_version);
  }

  /** Makes this process an owner, alive for as long as its lock is held. @returns The owner. */
  async join(commits: Commits): Promise<number> {
    const { name } = this.#locked();
    this.#joined ??= commits.ask(() => this.owners.add(name));
    try {
      return this.owner = await this.#joined;
    } catch (error) {
      this.#joined = undefined;
      throw error;
    }
  }

  /** Finds out whether others have taken this owner for dead, as its lock file was removed. */
  checkOwner(): void {
    if (this.owner !== 0 && !this.owners.has(this.owner)) this.isLost = true;
  }

  /** The owners whose process has ended. */
  deadOwners(): OwnerRow[] {
    return this.owners.all().filter(({ id, lock }) =>
      id !== this.owner && isFree(this.#lockFolder, lock)
    );
  }

  /** Removes the lock files of owners that are gone. */
  removeLockFiles(): void {
    const known = new Set(this.owners.all().map(({ lock }) => lock));
    removeFree(this.#lockFolder, (name) => known.has(name));
  }

  /** Closes the file. @param isLeft Whether this owner is gone from it. */
  close(isLeft: boolean): void {
    this.isLost = true;
    this.#db.close();
    if (isLeft) this.#lock?.[Symbol.dispose]();
    else this.#lock?.abandon();
  }

  get #lockFolder(): string {
    return `${this.#path}-owners`;
  }

  #locked(): LifeLock {
    try {
      return this.#lock ??= LifeLock.create(this.#lockFolder);
    } catch (error) {
      throw brokerError(error, this.#path);
    }
  }

  /** What is written to a file without a name would be gone with the process. */
  #assertInPlace(): void {
    const now = performance.now();
    if (!this.isLost && now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    if (inodeOf(this.#path) !== this.#inode) this.isLost = true;
    if (this.isLost) throw replacedFile(this.#path);
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}

/** The error of a broker that was closed. */
export function closedError(): BrokerError {
  return new BrokerError("closed", "The broker was closed");
}
