/**
 * Tells users of missed messages when it is time.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { isDatabaseLost } from "../../database/database_error.ts";
import {
  type OutboxContext,
  type PublishWithTransaction,
  withOutbox,
} from "../../database/outbox.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { softReactivation } from "../soft_reactivation.ts";
import { type FailedLog, FailedMails } from "./failed_mails.ts";
import type { MissedMailMaker } from "./mail_maker.ts";
import { type DueRow, removeRows, takeDue, usersDue } from "./pending.ts";
import { type UserMails, userMails } from "./user_mails.ts";

/** The most users of one pass. */
const MOST_USERS = 100;
const MAIL_QUEUE = "email_senders";

/** What a pass needs of a worker's `ctx`. */
export interface SenderContext extends OutboxContext {
  /** `ctx.log`. */
  readonly log: OutboxContext["log"] & FailedLog & { readonly debug: FailedLog["error"] };
}

/** What a pass works with. */
export interface SenderPass {
  readonly db: Database;
  readonly ctx: SenderContext;
  /** ms since 1970. */
  readonly now: number;
  /** Ends the pass after the user at hand, whose mails may then wait in the outbox. */
  readonly signal: AbortSignal;
}

/**
 * Publishes the mails that are due. Each user has a transaction: either all mails that can be made
 * are published and their rows deleted, or nothing happened. A failed mail blocks neither the user's
 * other mails nor those of other users, and is tried again later.
 */
export class MissedMailSender {
  readonly #maker: MissedMailMaker;
  readonly #failed = new FailedMails();

  /** @param maker What the mails are made with. */
  constructor(maker: MissedMailMaker) {
    this.#maker = maker;
  }

  /**
   * Publishes the mails of users who wait longest, of at most 100.
   *
   * @returns Whether there may be more to do now.
   * @throws {DatabaseError} When the database is lost or locked.
   * @throws {Error} When rows cannot be taken.
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
    let made: UserMails | undefined;
    try {
      made = await withOutbox(pass.db, impatient(pass), async (trx, publish) => {
        rows = await takeDue(trx, user, pass.now);
        return rows.length > 0 ? await this.#publish(trx, publish, user, rows, pass) : undefined;
      });
    } catch (error) {
      if (isDatabaseLost(error) || rows.length === 0) throw error;
      await this.#failed.postpone(user, rows, error, pass);
    }
    if (made) await this.#conclude(user, rows, made, pass);
    return rows.length;
  }

  /** Publishes the mails with the transaction, and deletes their rows. */
  async #publish(
    trx: Transaction<Tables>,
    publish: PublishWithTransaction,
    user: number,
    rows: readonly DueRow[],
    { now }: SenderPass,
  ): Promise<UserMails> {
    const made = await userMails(trx, user, rows, this.#maker, now);
    for (const { event, id } of made.mails) publish(MAIL_QUEUE, event, { id });
    if (made.mails.some(({ bringsBack }) => bringsBack)) {
      publish(...softReactivation(user, this.#maker.hasReactivationQueue));
    }
    const done = rows.filter(({ id }) => !made.failed.some((mail) => mail.rows.has(id)));
    await removeRows(trx, done.map(({ id }) => id));
    if (made.mails.length > 0) {
      await trx.updateTable("zerver_userprofile").set({ last_reminder: new Date(now) })
        .where("id", "=", user).execute();
    }
    return made;
  }

  /** After the commit: says what there is to say, and lets what could not be mailed wait. */
  async #conclude(
    user: number,
    rows: readonly DueRow[],
    { mails, failed }: UserMails,
    pass: SenderPass,
  ): Promise<void> {
    const { log } = pass.ctx;
    for (const warning of mails.flatMap(({ warnings }) => warnings)) {
      log.warn("The mail to user {user}: {warning}", { user, warning });
    }
    const counts = { user, rows: rows.length, mails: mails.length };
    log.debug("User {user}: {mails} mails about {rows} missed messages", counts);
    this.#failed.forget(rows.filter(({ id }) => !failed.some((mail) => mail.rows.has(id))));
    for (const { rows: ids, error } of failed) {
      await this.#failed.postpone(user, rows.filter(({ id }) => ids.has(id)), error, pass);
    }
  }
}

/** What publishes until the pass is to end: a broker that is away takes longer than it may. */
function impatient({ ctx, signal }: SenderPass): OutboxContext {
  return {
    log: ctx.log,
    async publish(...event) {
      if (signal.aborted) throw new Error(ENDED);
      const ended = Promise.withResolvers<never>();
      const end = () => ended.reject(new Error(ENDED));
      signal.addEventListener("abort", end);
      try {
        await Promise.race([ctx.publish(...event), ended.promise]);
      } finally {
        signal.removeEventListener("abort", end);
      }
    },
  };
}

const ENDED = "the broker has not confirmed them before the end of the pass";
