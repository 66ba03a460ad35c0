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
import { isGivenUp, waitAfter } from "./schedule.ts";
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
  /** Ends the pass after the user at hand, whose mails may then wait in the outbox. */
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
    try {
      await withOutbox(pass.db, impatient(pass), async (trx, publish) => {
        rows = await takeDue(trx, user, pass.now);
        if (rows.length > 0) await this.#publish(trx, publish, user, rows, pass);
      });
      this.#failures.delete(user);
    } catch (error) {
      if (isDatabaseLost(error) || rows.length === 0) throw error;
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

  /** Lets the user's rows wait; gives up those of old messages that fail again and again. */
  async #failed(
    user: number,
    rows: readonly DueRow[],
    error: unknown,
    { db, ctx, now }: SenderPass,
  ): Promise<void> {
    const failures = (this.#failures.get(user) ?? 0) + 1;
    this.#failures.set(user, failures);
    const sent = await timesOf(db, rows);
    const isOld = ({ messageId }: DueRow) => isGivenUp(failures, now - (sent.get(messageId) ?? 0));
    const old = rows.filter(isOld);
    const others = rows.filter((row) => !isOld(row));
    const wait = waitAfter(failures);
    await removeRows(db, old.map(({ id }) => id));
    await postponeRows(db, others.map(({ id }) => id), now + wait);
    const reason = error instanceof Error ? error.message : String(error);
    if (old.length > 0) ctx.log.error(GIVEN_UP, { user, count: old.length, failures, reason });
    if (others.length === 0) return;
    ctx.log.error(TRIED_AGAIN, { user, count: others.length, seconds: wait / 1000, reason });
  }
}

const TRIED_AGAIN = "The mails to user {user} about {count} missed messages could not be made, " +
  "and are tried again in {seconds} s: {reason}";
const GIVEN_UP = "The mails to user {user} about {count} missed messages could not be made " +
  "{failures} times, and are given up, since the messages are over a day old: {reason}";

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

/** When the messages were sent, in ms since 1970, by id. */
async function timesOf(db: Database, rows: readonly DueRow[]): Promise<Map<number, number>> {
  const ids = rows.map(({ messageId }) => messageId);
  const sent = await db.selectFrom("zerver_message").select(["id", "date_sent"])
    .where(inIds(db, "zerver_message.id", ids)).execute();
  return new Map(sent.map(({ id, date_sent }) => [id, date_sent.getTime()]));
}
