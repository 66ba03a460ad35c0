/**
 * Transactions that publish events, those of several callers at once in one.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { within } from "../../system/deadline.ts";
import { isPostgres } from "./dialect.ts";
import { GroupCommit } from "./group_commit.ts";
import {
  type NewEvent,
  newEvent,
  type OutboxContext,
  publishEvents,
  type PublishWithTransaction,
  removeEvents,
  type StoredEvent,
  storeEvents,
} from "./outbox.ts";
import type { Database, Tables } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** A part of a transaction; see {@linkcode OutboxCommits.run}. */
export type OutboxWork<Result> = (
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
) => Promise<Result>;

const NOT_REMOVED =
  "Events that were published could not be removed from the outbox, and will be " +
  "published again, with the same ids: {reason}";
/** Open transactions of PostgreSQL: one works while another waits for the disk. */
const AT_ONCE = 2;
/** The most groups of events that wait for the broker at once: a further caller waits for one. */
const MOST_PUBLISHING = 100;
/** How long what is published waits to be removed together with others, in ms. */
const REMOVED_MS = 200;
/** How long the end waits for the broker, in ms; the next loop publishes what is left. */
const LAST_MS = 5_000;

/**
 * Runs transactions as `withOutbox` does, with two differences: those that come while another one is
 * open, or two on PostgreSQL, share the next one, and nobody waits for the broker, so that a caller
 * goes on at the commit.
 * What cannot be published is left to `outboxLoop`, which the worker must run. Dispose of it.
 */
export class OutboxCommits implements AsyncDisposable {
  readonly #db: Database;
  readonly #ctx: OutboxContext;
  readonly #commits: GroupCommit<OutboxWork<unknown>, unknown>;
  readonly #removals: GroupCommit<readonly StoredEvent[], undefined>;
  readonly #publishing = new Set<Promise<void>>();
  #isClosed = false;

  /** @param ctx What publishes, such as the `ctx` of `setup`: it outlives each event. */
  constructor(db: Database, ctx: OutboxContext) {
    this.#db = db;
    this.#ctx = ctx;
    this.#commits = new GroupCommit((works) => this.#commit(works), undefined, {
      // SQLite has one writer.
      atOnce: isPostgres(db) ? AT_ONCE : 1,
    });
    this.#removals = new GroupCommit(
      async (groups) => {
        await removeEvents(db, groups.flat());
        return groups.map(() => undefined);
      },
      (error) => ctx.log.warn(NOT_REMOVED, { reason: String(error) }),
      { laterMs: REMOVED_MS },
    );
  }

  /**
   * Commits work, maybe with that of others; what a caller publishes keeps the order of its calls.
   *
   * @param run Runs again after a conflict with other transactions, and where the work of another
   * caller of its transaction throws.
   * @returns What `run` returned, after the commit.
   * @throws {DatabaseError} When the database is lost or locked, or the conflict lasts.
   * @throws What `run` throws; then nothing of it is committed or published.
   */
  async run<Result>(run: OutboxWork<Result>): Promise<Result> {
    while (this.#publishing.size >= MOST_PUBLISHING) await Promise.race(this.#publishing);
    return await this.#commits.run(run) as Result;
  }

  /**
   * Waits for open transactions, then up to 5 s for the broker, and removes what it has confirmed.
   *
   * @throws {DatabaseError} When the database is lost or locked: what is published is so again.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commits.close();
    await within(LAST_MS, Promise.all(this.#publishing));
    this.#isClosed = true;
    await this.#removals.close();
  }

  async #commit(works: readonly OutboxWork<unknown>[]): Promise<readonly unknown[]> {
    const { results, stored } = await inTransaction(this.#db, async (trx) => {
      const events: NewEvent[] = [];
      const results: unknown[] = [];
      for (const work of works) {
        results.push(await work(trx, (...event) => void events.push(newEvent(...event))));
      }
      return { results, stored: await storeEvents(trx, events) };
    });
    if (stored.length > 0) this.#publish(stored);
    return results;
  }

  #publish(stored: readonly StoredEvent[]): void {
    const publishing = publishEvents(this.#ctx, stored).then((events) => {
      this.#publishing.delete(publishing);
      if (events.length > 0 && !this.#isClosed) this.#removals.later(events);
    });
    this.#publishing.add(publishing);
  }
}
