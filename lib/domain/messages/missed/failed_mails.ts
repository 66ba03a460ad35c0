/**
 * Mails about missed messages that could not be made: when they are tried again, and when given up.
 *
 * @module
 */

import { inIds } from "../../database/ids.ts";
import type { Database } from "../../database/tables.ts";
import { type DueRow, postponeRows, removeRows } from "./pending.ts";
import { isGivenUp, waitAfter } from "./schedule.ts";

/** Where the failures are logged. */
export interface FailedLog {
  /** `ctx.log.error`. */
  error(message: string, properties?: Record<string, unknown>): void;
}

/** Where the rows are, and what is said of them. */
export interface FailedPass {
  readonly db: Database;
  readonly ctx: { readonly log: FailedLog };
  /** ms since 1970. */
  readonly now: number;
}

/** Rows that are counted at most: those of other processes' mails are never forgotten. */
const MOST_COUNTED = 10_000;

/** Counts how often each row's mail could not be made, in this run of the worker. */
export class FailedMails {
  readonly #failures = new Map<number, number>();

  /** The mails of these rows are made. */
  forget(rows: readonly DueRow[]): void {
    for (const { id } of rows) this.#failures.delete(id);
  }

  /**
   * Lets the rows of a mail wait; deletes those of old messages whose mail fails again and again.
   *
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async postpone(
    user: number,
    rows: readonly DueRow[],
    error: unknown,
    { db, ctx, now }: FailedPass,
  ): Promise<void> {
    const failures = this.#count(rows);
    const sent = await timesOf(db, rows);
    const isOld = ({ messageId }: DueRow) => isGivenUp(failures, now - (sent.get(messageId) ?? 0));
    const old = rows.filter(isOld);
    const others = rows.filter((row) => !isOld(row));
    const wait = waitAfter(failures);
    await removeRows(db, old.map(({ id }) => id));
    this.forget(old);
    await postponeRows(db, others.map(({ id }) => id), now + wait);
    const reason = error instanceof Error ? error.message : String(error);
    if (old.length > 0) ctx.log.error(GIVEN_UP, { user, count: old.length, failures, reason });
    if (others.length === 0) return;
    ctx.log.error(TRIED_AGAIN, { user, count: others.length, seconds: wait / 1000, reason });
  }

  /** Counts a failure of the rows' mail. Returns how many there were. */
  #count(rows: readonly DueRow[]): number {
    if (this.#failures.size > MOST_COUNTED) this.#failures.clear();
    const failures = 1 + Math.max(0, ...rows.map(({ id }) => this.#failures.get(id) ?? 0));
    for (const { id } of rows) this.#failures.set(id, failures);
    return failures;
  }
}

const TRIED_AGAIN = "The mail to user {user} about {count} missed messages could not be made, " +
  "and is tried again in {seconds} s: {reason}";
const GIVEN_UP = "The mail to user {user} about {count} missed messages could not be made " +
  "{failures} times, and is given up, since the messages are over a day old: {reason}";

/** When the messages were sent, in ms since 1970, by id. */
async function timesOf(db: Database, rows: readonly DueRow[]): Promise<Map<number, number>> {
  const ids = rows.map(({ messageId }) => messageId);
  const sent = await db.selectFrom("zerver_message").select(["id", "date_sent"])
    .where(inIds(db, "zerver_message.id", ids)).execute();
  return new Map(sent.map(({ id, date_sent }) => [id, date_sent.getTime()]));
}
