/**
 * Tells users of missed messages when it is time.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { isDatabaseLost } from "../../database/database_error.ts";
import { inIds } from "../../database/ids.ts";
import {
  type OutboxContext,
  type PublishWithTransaction,
  withOutbox,
} from "../../database/outbox.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { type DueRow, postponeRows, removeRows, takeDue, usersDue } from "./pending.ts";
import { triedAgainAt } from "./schedule.ts";
import type { MissedMailMaker } from "./mail_maker.ts";
import { userMails } from "./user_mails.ts";

/** The most users of one pass. */
const MOST_USERS = 100;
const MAIL_QUEUE = "email_senders";
const WORK_QUEUE = "deferred_work";

type Log = (message: string, properties?: Record<string, unknown>) => void;

/** What a pass needs of a worker's `ctx`. */
export interface SenderContext extends OutboxContext {
  /** `ctx.log`. */
  readonly log: { readonly debug: Log; readonly warn: Log; readonly error: Log };
}

/** What a pass works with. */
export interface SenderPass {
  readonly db: Database;
  readonly ctx: SenderContext;
  /** ms since 1970. */
  readonly now: number;
  /** Ends the pass after the user at hand. */
  readonly signal: AbortSignal;
}

/**
 * Publishes the mails that are due. Each user has a transaction: either all of the user's mails are
 * published and the rows gone, or nothing happened. A user whose mails cannot be made does not keep
 * others from theirs, and is tried again later.
 */
export class MissedMailSender {
  readonly #maker: MissedMailMaker;
  /** How often in a row each user's mails could not be made. */
  readonly #failures = new Map<number, number>();

  /** @param maker What the mails are made with. */
  constructor(maker: MissedMailMaker) {
    this.#maker = maker;
  }

  /**
   * Publishes the mails of users who wait longest, of at most 100.
   *
   * @returns Whether there may be more to do now.
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async run(pass: SenderPass): Promise<boolean> {
    const users = await usersDue(pass.db, pass.now, MOST_USERS);
    let taken = 0;
    for (const user of users) {
      if (pass.signal.aborted) return false;
      taken += await this.#tell(user, pass);
    }
    return users.length === MOST_USERS && taken > 0;
  }

  /** Publishes a user's mails. Returns how many rows were taken: those that others hold are not. */
  async #tell(user: number, pass: SenderPass): Promise<number> {
    let rows: readonly DueRow[] = [];
    try {
      await withOutbox(pass.db, pass.ctx, async (trx, publish) => {
        rows = await takeDue(trx, user, pass.now);
        if (rows.length > 0) await this.#publish(trx, publish, user, rows, pass);
      });
      this.#failures.delete(user);
    } catch (error) {
      if (isDatabaseLost(error)) throw error;
      await this.#failed(user, rows, error, pass);
    }
    return rows.length;
  }

  async #publish(
    trx: Transaction<Tables>,
    publish: PublishWithTransaction,
    user: number,
    rows: readonly DueRow[],
    { ctx, now }: SenderPass,
  ): Promise<void> {
    const mails = await userMails(trx, user, rows, this.#maker, now);
    for (const { event, id } of mails) publish(MAIL_QUEUE, event, { id });
    if (mails.some(({ bringsBack }) => bringsBack)) {
      publish(WORK_QUEUE, { type: "soft_reactivate", user_profile_id: user });
    }
    await removeRows(trx, rows.map(({ id }) => id));
    if (mails.length > 0) {
      await trx.updateTable("zerver_userprofile").set({ last_reminder: new Date(now) })
        .where("id", "=", user).execute();
    }
    for (const warning of mails.flatMap(({ warnings }) => warnings)) {
      ctx.log.warn("The mail to user {user}: {warning}", { user, warning });
    }
    const counts = { user, rows: rows.length, mails: mails.length };
    ctx.log.debug("User {user}: {mails} mails about {rows} missed messages", counts);
  }

  /** Lets the user's rows wait, or gives them up. */
  async #failed(
    user: number,
    rows: readonly DueRow[],
    error: unknown,
    { db, ctx, now }: SenderPass,
  ): Promise<void> {
    const failures = (this.#failures.get(user) ?? 0) + 1;
    const at = triedAgainAt({ failures, newest: await newestOf(db, rows) ?? now, now });
    const ids = rows.map(({ id }) => id);
    const reason = error instanceof Error ? error.message : String(error);
    const about = { user, count: rows.length, failures, reason };
    if (at === undefined) {
      this.#failures.delete(user);
      await removeRows(db, ids);
      return ctx.log.error(GIVEN_UP, about);
    }
    this.#failures.set(user, failures);
    await postponeRows(db, ids, at);
    ctx.log.error(TRIED_AGAIN, { ...about, seconds: Math.round((at - now) / 1000) });
  }
}

const TRIED_AGAIN = "The mails to user {user} about {count} missed messages could not be made, " +
  "and are tried again in {seconds} s: {reason}";
const GIVEN_UP = "The mails to user {user} about {count} missed messages could not be made " +
  "{failures} times, and are given up, since the messages are over a day old: {reason}";

/** When the newest of the messages was sent, in ms since 1970. */
async function newestOf(db: Database, rows: readonly DueRow[]): Promise<number | undefined> {
  if (rows.length === 0) return undefined;
  const newest = await db.selectFrom("zerver_message").select("date_sent")
    .where(inIds(db, "zerver_message.id", rows.map(({ messageId }) => messageId)))
    .orderBy("date_sent", "desc").limit(1).executeTakeFirst();
  return newest?.date_sent.getTime();
}
