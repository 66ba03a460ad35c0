/**
 * Records of effects: steps that must not be done twice, such as a mail to a recipient, a push to a
 * device, a call of a service. A step is recorded as started before it is done, and as done after
 * it, so that an event that comes again does the rest only.
 *
 * @module
 */

import { isDatabaseLost } from "./database_error.ts";
import { type EffectWrite, writeEffects } from "./effect_writes.ts";
import { pruneEffects, storedStep } from "./effect_rows.ts";
import { storedKey } from "./stored_key.ts";
import { stateOf, type StepState } from "./effect_state.ts";
import { GroupCommit } from "./group_commit.ts";
import { Pruning } from "./pruning.ts";
import type { Database } from "./tables.ts";

export { stateOf, type StepState };

/** Whose effects are recorded. */
export interface EffectsOptions {
  /** The queue that delivers the events. */
  readonly queue: string;
  /** The run of the worker: `ctx.owner`. */
  readonly owner: string;
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** `ctx.log`; gets an error for a record of `doneSoon` that cannot be stored. @default {none} */
  readonly log?: { error(message: string, properties?: Record<string, unknown>): void };
}

const NOT_STORED = "That a step of the queue {queue} is done could not be recorded: if its event " +
  "comes again, nobody knows whether it was done ({reason})";

/** How steps are begun. */
export interface BeginOptions {
  /** The longest time that all of the steps together can take, in seconds. */
  readonly maxSeconds: number;
  /** `ctx.event.retriedAt`. @default {nobody has put the event back} */
  readonly retriedAt?: number | undefined;
}

const pruning = new Pruning();

/**
 * Deletes old records as {@linkcode Effects.pruneNowAndThen} does, for a worker whose effects are
 * part of its transactions.
 *
 * @param now ms since 1970.
 * @param days `EFFECTS_DAYS`.
 * @returns How many were deleted.
 * @throws {DatabaseError} When the database is lost or locked.
 */
export async function pruneEffectsNowAndThen(
  db: Database,
  now: number,
  days: number,
): Promise<number> {
  return await pruning.nowAndThen(db, now, (limit) => pruneEffects(db, now, days, limit));
}

/**
 * The effects of the events of one queue; make one for a run of a worker, and dispose of it.
 *
 * A `key` is the same whenever its event comes: its natural key, such as the id of a row, or else its
 * `message_id`. A `step` is a text such as an address or a URL, of which only the SHA-256 is stored.
 * Events of one key must not run at once in a thread: give the worker an `orderBy` with the key.
 *
 * Calls at the same time share a transaction, and each resolves after its commit. So a crash leaves
 * as `started` only what was begun and whose end was not committed yet.
 */
export class Effects implements AsyncDisposable {
  readonly #db: Database;
  readonly #now: () => number;
  readonly #commits: GroupCommit<EffectWrite, readonly StepState[]>;

  /** @param db The database with the records. */
  constructor(db: Database, { queue, owner, now = Date.now, log }: EffectsOptions) {
    this.#db = db;
    this.#now = now;
    this.#commits = new GroupCommit((writes) => {
      return writeEffects(db, writes, { queue, owner, now: now() });
    }, (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      log?.error(NOT_STORED, { queue, reason });
    });
  }

  /**
   * Begins steps: those that may run are recorded as started. While one of them is busy nothing is
   * started, and those that could run are busy too: throw `RetryLater` with `counts: false`.
   *
   * @returns A state for each step, in their order. A step that is there twice has the same twice.
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async begin(
    key: string,
    steps: readonly string[],
    options: BeginOptions,
  ): Promise<readonly StepState[]> {
    return await this.#write({ kind: "begin", ...options, takesUnknown: false }, key, steps);
  }

  /**
   * Begins steps as {@linkcode begin} does, and also those of which nobody knows how they ended, as
   * it is the worker's policy to do them again. Of several runs that ask, one gets a step.
   *
   * @returns A state for each step, in their order; none is `unknown`, and `again` where it was.
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async takeOver(
    key: string,
    steps: readonly string[],
    options: BeginOptions,
  ): Promise<readonly StepState[]> {
    return await this.#write({ kind: "begin", ...options, takesUnknown: true }, key, steps);
  }

  /** The steps are done: never again. @throws {DatabaseError} When the database is lost or locked. */
  async done(key: string, steps: readonly string[]): Promise<void> {
    await this.#write({ kind: "done" }, key, steps);
  }

  /**
   * As {@linkcode done}, and nobody waits for it: it is committed with what is begun next, or after
   * 20 ms, which saves an event its second commit. A crash before that leaves the steps `started`;
   * their event is acknowledged or comes again, and then they are `unknown`.
   */
  doneSoon(key: string, steps: readonly string[]): void {
    if (steps.length > 0) this.#commits.later(storedWrite({ kind: "done" }, key, steps));
  }

  /**
   * The steps were refused for good: they run again only when an operator has put the event back.
   * While the database is lost that waits, as for {@linkcode doneSoon}, and is no error.
   */
  async failed(key: string, steps: readonly string[]): Promise<void> {
    await this.#writeOrWait({ kind: "failed" }, key, steps);
  }

  /**
   * The steps have certainly not been done, and may run at any time. While the database is lost that
   * waits, as for {@linkcode doneSoon}, and is no error.
   */
  async forget(key: string, steps: readonly string[]): Promise<void> {
    await this.#writeOrWait({ kind: "forget" }, key, steps);
  }

  /**
   * Deletes old records, of all queues: at the first call for a database, then once a minute, and at
   * every call while there are many. To be called before the steps of an event: where it fails, none
   * is done yet.
   *
   * @param days Days for which the records of an event are kept when all of its steps are done
   * (`EFFECTS_DAYS`); those of any other event are kept for at least 90 days.
   * @returns How many were deleted.
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async pruneNowAndThen(days: number): Promise<number> {
    return await pruneEffectsNowAndThen(this.#db, this.#now(), days);
  }

  /** Commits what waits. @throws {DatabaseError} When the database is lost or locked. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commits.close();
  }

  /** What a server has answered is known only here: a lost database must not lose it. */
  async #writeOrWait(write: Unplaced, key: string, steps: readonly string[]): Promise<void> {
    try {
      await this.#write(write, key, steps);
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      this.#commits.later(storedWrite(write, key, steps));
    }
  }

  async #write(
    write: Unplaced,
    key: string,
    steps: readonly string[],
  ): Promise<readonly StepState[]> {
    if (steps.length === 0) return [];
    return await this.#commits.run(storedWrite(write, key, steps));
  }
}

type Unplaced<Write = EffectWrite> = Write extends unknown ? Omit<Write, "steps"> : never;

function storedWrite(write: Unplaced, key: string, steps: readonly string[]): EffectWrite {
  const stored = storedKey(key);
  return { ...write, steps: steps.map((step) => ({ key: stored, step: storedStep(step) })) };
}
