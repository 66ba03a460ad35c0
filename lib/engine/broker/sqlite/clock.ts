/**
 * The clock that waits are measured by. It is the wall clock, except that it never goes back: when
 * the wall clock is set back, it goes on by the monotonic clock. So no event waits for longer than
 * its own delay. All processes share it through the file.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** ms by which the wall clock must have been set before other processes have to know. */
const STEP_MS = 1000;

/** The two clocks of the system, in ms. */
export interface SystemClocks {
  /** Since 1970; can be set. */
  wall(): number;
  /** Since any time; only goes forward. */
  steady(): number;
}

/** What the file remembers of the clock, in ms. */
export interface ClockRow {
  /** The latest time that an event was stored at. */
  readonly latest: number;
  /** How far the clock was ahead of the wall clock then. */
  readonly ahead: number;
}

/** The clock at one moment: its time, and what the monotonic clock showed. */
export interface Moment {
  readonly time: number;
  readonly steady: number;
}

const SYSTEM: SystemClocks = { wall: () => Date.now(), steady: () => performance.now() };

/**
 * The time when the file is opened. A wall clock that was set back while no process ran is noticed
 * by the time of the latest event.
 */
export function timeAtStart(wall: number, { latest, ahead }: ClockRow): number {
  return Math.max(wall + ahead, latest);
}

/** The time at a later moment: the wall clock, but at least what the monotonic clock has added. */
export function timeAfter(last: Moment, wall: number, steady: number): number {
  return Math.max(wall, last.time + Math.max(0, steady - last.steady));
}

/** The clock of one open file. */
export class Clock {
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #system: SystemClocks;
  #last: Moment;
  #isStamped = false;

  /** @param db The open file. @param system The clocks of the system. */
  constructor(db: DatabaseSync, system: SystemClocks = SYSTEM) {
    this.#read = db.prepare("select latest, ahead from clock");
    this.#write = db.prepare("update clock set latest = ?, ahead = ?");
    this.#system = system;
    // The wall clock is read first: a thread that is interrupted in between is behind, not ahead.
    const wall = system.wall();
    this.#last = { time: timeAtStart(wall, this.#row), steady: system.steady() };
  }

  /** The time in ms since 1970, as far as this process knows. */
  now(): number {
    const wall = this.#system.wall();
    const steady = this.#system.steady();
    return this.#at(timeAfter(this.#last, wall, steady), steady);
  }

  /** The time in ms since 1970, which is not before what other processes have stored. */
  sharedNow(): number {
    return this.#at(Math.max(this.now(), this.#row.latest), this.#last.steady);
  }

  /** As {@linkcode Clock.sharedNow}, in a transaction, which stores it. */
  stamp(): number {
    this.#isStamped = true;
    return this.sharedNow();
  }

  /** Whether the wall clock was set, and other processes do not know how far this one is ahead. */
  hasToTell(): boolean {
    return Math.abs(this.#aheadAt(this.now()) - this.#row.ahead) >= STEP_MS;
  }

  /** Stores the time, if the transaction has used it; to be called right before a commit. */
  write(): void {
    if (!this.#isStamped) return;
    const now = this.now();
    this.#write.run(Math.floor(now), Math.round(this.#aheadAt(now)));
    this.#isStamped = false;
  }

  /** Forgets that a transaction that was rolled back has used the time. */
  rolledBack(): void {
    this.#isStamped = false;
  }

  #at(time: number, steady: number): number {
    this.#last = { time, steady };
    return time;
  }

  #aheadAt(time: number): number {
    return Math.max(0, time - this.#system.wall());
  }

  get #row(): ClockRow {
    return this.#read.get() as unknown as ClockRow;
  }
}
