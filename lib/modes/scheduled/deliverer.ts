/**
 * Delivers scheduled mails pass after pass: what is due now, then a wait.
 *
 * @module
 */

import type { Database } from "../../domain/database/database.ts";
import { isDatabaseLost } from "../../domain/database/database_error.ts";
import { type OutboxContext, type OutboxLoop, outboxLoop } from "../../domain/database/outbox.ts";
import { deliverScheduled, SCHEDULED_QUEUE } from "../../domain/mail/scheduled.ts";
import type { LogLine } from "../log_line.ts";

/** How long a mail that cannot be sent is left alone, in ms. Then it is read and reported again. */
const BROKEN_MS = 60 * 60 * 1000;

/** What a deliverer works with. */
export interface DelivererOptions {
  /** The open database; opened by the first call that can. @throws {DatabaseError} */
  readonly database: () => Promise<Database>;
  /** Publishes an event and resolves when that is confirmed. */
  readonly publish: (
    queue: string,
    event: unknown,
    options?: { readonly id?: string },
  ) => Promise<void>;
  readonly log: LogLine;
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** Delivers what is due. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #now: () => number;
  readonly #outbox: OutboxContext;
  readonly #leftOver: OutboxLoop;
  /** Ids of rows that cannot be sent. */
  readonly #broken = new Set<number>();
  #brokenSince = 0;
  #isLost = false;
  #troubles = 0;

  /** @param options What it works with. */
  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { database, publish, log } = options;
    const warn = (message: string, properties: Record<string, unknown> = {}) => {
      this.#troubles++;
      log("warning", message, properties);
    };
    this.#outbox = { log: { warn }, publish };
    this.#leftOver = outboxLoop({ ...this.#outbox, database }, { now: this.#now });
  }

  /** How many rows could not be read, and how often something could not be published, so far. */
  get troubles(): number {
    return this.#troubles;
  }

  /**
   * Publishes what was left in the outbox for over 10 s, and all mails that are due.
   *
   * @param signal Ends it after the mails that are being published.
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async pass(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && await this.#leftOver.run(signal));
    this.#forgetBroken();
    while (!signal.aborted && await this.#deliver(await this.#options.database()));
  }

  /** Like {@linkcode pass}; a database that is away is logged once, and when it is back. */
  async tryPass(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    try {
      await this.pass(signal);
      if (this.#isLost) log("info", "The database is back: scheduled mails are delivered", {});
      this.#isLost = false;
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      const message = "Scheduled mails wait for the database, which is tried every 10 s: {reason}";
      if (!this.#isLost) log("warning", message, { reason: error.message });
      this.#isLost = true;
    }
  }

  /** Delivers some. @returns Whether there may be more. */
  async #deliver(db: Database): Promise<boolean> {
    const { log } = this.#options;
    const delivered = await deliverScheduled(db, this.#outbox, {
      now: this.#now(),
      skip: [...this.#broken],
    });
    const { published, deleted, broken } = delivered;
    if (published.length > 0) {
      const message = "Scheduled mails that are due go to the queue {to}: rows {rows}";
      const rows = published.join(", ");
      log("info", message, { to: SCHEDULED_QUEUE, rows });
    }
    for (const row of deleted) {
      const message =
        "The scheduled mail in row {row} of zerver_scheduledemail has neither users " +
        "nor an address: it is deleted";
      log("warning", message, { row });
    }
    for (const { id, reason } of broken) {
      const message =
        "The scheduled mail in row {row} of zerver_scheduledemail cannot be sent, as " +
        "{reason}: correct or delete the row; it is tried again in an hour";
      log("error", message, { row: id, reason });
      this.#broken.add(id);
      this.#troubles++;
    }
    return published.length + deleted.length + broken.length > 0;
  }

  #forgetBroken(): void {
    const now = this.#now();
    if (now - this.#brokenSince < BROKEN_MS) return;
    this.#broken.clear();
    this.#brokenSince = now;
  }
}
