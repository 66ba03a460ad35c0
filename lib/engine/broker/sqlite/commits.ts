/**
 * Group commit: tasks at the same time are written in one transaction, so that many events share
 * the wait for the disk.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";
import { isLocked } from "../../../errors/sqlite_fault.ts";
import { randomPauseMs } from "../../../system/patience.ts";
import { PATIENCE } from "./file.ts";
import { answer, type Ran, runUntil, type Task } from "./tasks.ts";

/** A file that can be written in transactions. */
export interface Transactions {
  /** @throws {Error} Busy when others hold the lock. */
  begin(): void;
  commit(): void;
  rollback(): void;
}

/** What the commits need. */
export interface CommitsOptions {
  /** The file as it is open now. */
  readonly file: () => Transactions;
  /** Explains an error that a transaction ended with. */
  readonly explain: (error: unknown) => unknown;
  /** Called when a transaction failed. Whether it made room, so that it is tried again at once. */
  readonly makesRoom: (error: unknown) => boolean;
  /** Called when a transaction failed after one that succeeded. */
  readonly onFailure: (error: unknown) => void;
  /** Called when a transaction succeeded after one that failed. */
  readonly onRecovery: () => void;
  /** ms of the clock that the work of a transaction is measured by; `performance.now` if missing. */
  readonly now?: () => number;
}

/** ms for which a transaction runs more tasks before it commits. */
const MAX_WORK_MS = 8;
/** ms that a task nobody waits for may wait for others. */
const OWED_MS = 4;
/** ms until owed tasks are tried again after a fault. */
const AGAIN_MS = 500;
const NO_TIMER = { at: Infinity };

/**
 * Writes tasks in order, as many in one transaction as there are. A task that throws an error of its
 * own must do so before it has changed anything.
 */
export class Commits {
  readonly #options: CommitsOptions;
  readonly #now: () => number;
  #tasks: Task[] = [];
  /** Tasks that run last, to see what the others have stored. */
  #claims: Task[] = [];
  #immediate: ReturnType<typeof setImmediate> | undefined;
  /** The timer of the next transaction, and when it is due by `performance.now()`. */
  #timer: { readonly id?: ReturnType<typeof setTimeout>; readonly at: number } = NO_TIMER;
  #lockedOutSince: number | undefined;
  #isFailing = false;
  #closedBy: unknown;
  #attempted = Promise.withResolvers<boolean>();

  /** @param options The file, and who is called after its faults. */
  constructor(options: CommitsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Runs a task in the next transaction; resolves when that is on the disk, rejects if it failed. */
  ask<Result>(run: () => Result): Promise<Result> {
    if (this.#closedBy) return Promise.reject(this.#closedBy);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#tasks.push({ run, resolve: resolve as Task["resolve"], reject });
    this.#soon();
    return promise;
  }

  /** Runs a task in one of the next transactions, again and again until one succeeds. */
  owe(run: () => void): void {
    if (this.#closedBy) return;
    this.#tasks.push({ run, resolve: ignore });
    this.#within(OWED_MS);
  }

  /** As {@linkcode ask}, at the end of a transaction. @param isUrgent Whether in the next one. */
  claim<Result>(run: () => Result, isUrgent: boolean): Promise<Result> {
    if (this.#closedBy) return Promise.reject(this.#closedBy);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#claims.push({ run, resolve: resolve as Task["resolve"], reject });
    if (isUrgent) this.#soon();
    else this.#within(OWED_MS);
    return promise;
  }

  /** Writes now what waits for other tasks. */
  hurry(): void {
    this.#soon();
  }

  /** Resolves when all tasks are written or one transaction failed. @returns Whether all are. */
  async flush(): Promise<boolean> {
    while (this.#hasTasks) {
      this.#soon();
      if (!await this.#attempted.promise) return false;
    }
    return true;
  }

  /** Writes nothing more; rejects the tasks that somebody waits for. */
  close(error: unknown): void {
    this.#closedBy = error;
    this.#stopTimers();
    this.#rejectAsked(error);
    this.#tasks = [];
    this.#endAttempt(false);
  }

  get #hasTasks(): boolean {
    return this.#tasks.length > 0 || this.#claims.length > 0;
  }

  /** Writes at the end of this turn of the event loop, except while others hold the lock. */
  #soon(): void {
    if (this.#lockedOutSince === undefined) this.#immediate ??= setImmediate(this.#write);
  }

  /** Writes in at most this many ms, except while others hold the lock. */
  #within(ms: number): void {
    if (this.#lockedOutSince === undefined) this.#writeWithin(ms);
  }

  #writeWithin(ms: number): void {
    const at = performance.now() + ms;
    if (this.#immediate !== undefined || at >= this.#timer.at) return;
    clearTimeout(this.#timer.id);
    this.#timer = { id: setTimeout(this.#write, ms), at };
  }

  #stopTimers(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer.id);
    this.#immediate = undefined;
    this.#timer = NO_TIMER;
  }

  #write = (): void => {
    this.#stopTimers();
    if (!this.#hasTasks) return;
    const file = this.#options.file();
    try {
      file.begin();
    } catch (error) {
      return isLocked(error) ? this.#lockedOut(error) : this.#failed(error);
    }
    this.#lockedOutSince = undefined;
    this.#transact(file);
  };

  #transact(file: Transactions): void {
    const tasks = this.#takeTasks();
    const ran: Ran[] = [];
    const end = this.#now() + MAX_WORK_MS;
    const isLate = () => this.#now() >= end;
    try {
      runUntil(isLate, tasks, ran);
      if (!this.#isFailing && ran.length === tasks.length) {
        tasks.push(...this.#takeClaims());
        runUntil(isLate, tasks, ran);
      }
      file.commit();
    } catch (error) {
      file.rollback();
      this.#putBack(tasks);
      return this.#failed(error);
    }
    this.#putBack(tasks.slice(ran.length));
    this.#succeeded();
    ran.forEach(answer);
  }

  /** After a fault owed tasks run first and alone: they may need less room than the rest. */
  #takeTasks(): Task[] {
    const all = this.#tasks;
    const owed = this.#isFailing ? all.filter(({ reject }) => !reject) : [];
    this.#tasks = owed.length > 0 ? all.filter(({ reject }) => reject) : [];
    if (owed.length > 0) return owed;
    return this.#isFailing ? [...all, ...this.#takeClaims()] : all;
  }

  #takeClaims(): Task[] {
    const claims = this.#claims;
    this.#claims = [];
    return claims;
  }

  #putBack(tasks: Task[]): void {
    if (tasks.length > 0) this.#tasks = [...tasks, ...this.#tasks];
  }

  #succeeded(): void {
    if (this.#isFailing) this.#options.onRecovery();
    this.#isFailing = false;
    if (this.#hasTasks) this.#soon();
    this.#endAttempt(true);
  }

  #failed(error: unknown): void {
    if (this.#options.makesRoom(error)) return this.#soon();
    const explained = this.#options.explain(error);
    if (!this.#isFailing) this.#options.onFailure(explained);
    this.#isFailing = true;
    this.#lockedOutSince = undefined;
    this.#rejectAsked(explained);
    // Tasks that ran before the fault may have asked for another transaction at once.
    this.#stopTimers();
    if (this.#hasTasks) this.#within(AGAIN_MS);
    this.#endAttempt(false);
  }

  #rejectAsked(error: unknown): void {
    const asked = [...this.#tasks, ...this.#claims].filter(({ reject }) => reject);
    this.#tasks = this.#tasks.filter(({ reject }) => !reject);
    this.#claims = [];
    for (const { reject } of asked) reject?.(error);
  }

  /** Tries again soon, for as long as the patience lasts: another process writes. */
  #lockedOut(error: unknown): void {
    const now = performance.now();
    this.#lockedOutSince ??= now;
    if (now - this.#lockedOutSince > PATIENCE.ms) return this.#failed(error);
    this.#writeWithin(randomPauseMs(PATIENCE.pauseMs));
  }

  #endAttempt(isWritten: boolean): void {
    const { resolve } = this.#attempted;
    this.#attempted = Promise.withResolvers();
    resolve(isWritten);
  }
}

function ignore(): void {}
