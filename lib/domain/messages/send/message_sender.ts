/**
 * The one door by which workers send messages: on a database of the program's own they are stored
 * there, on a Zulip server's they go through its REST API.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { claim } from "../../database/inbox.ts";
import type { OutboxContext, PublishWithTransaction } from "../../database/outbox.ts";
import { OutboxCommits } from "../../database/outbox_commits.ts";
import { shapeOf } from "../../database/shape.ts";
import type { Database, Tables } from "../../database/tables.ts";
import { firstCodePoints } from "../../database/text.ts";
import { realmApi, type Site } from "../../users/realm_host.ts";
import { type NewMessage, SendError } from "./new_message.ts";
import { type RestAccount, RestError, type RestHttp, sendByRest } from "./rest_sender.ts";
import { sendMessage } from "./send_message.ts";

/** A message of several that are sent together. */
export interface SentTogether extends NewMessage {
  /** Whether the others are sent also when this one is refused. @default {false} */
  readonly isOptional?: boolean;
}

/** Messages that are sent once. */
export interface SendOnce {
  readonly messages: readonly SentTogether[];
  /** The queue of the event that they belong to. */
  readonly queue: string;
  /** The same whenever the event comes again: a database of its own sends them once. */
  readonly id: string;
  /** What a database of its own stores in the same transaction, before them. @default {nothing} */
  readonly also?: (trx: Transaction<Tables>, publish: PublishWithTransaction) => Promise<void>;
  /** Whether it is an error when a Zulip server does not answer. @default {false, a warning} */
  readonly mustArrive?: boolean;
  readonly signal?: AbortSignal;
}

/** What a sender needs of a worker's `ctx`. */
export type SenderContext = OutboxContext;

/** How messages are sent. */
export interface MessageSenderOptions {
  /** `ctx`. */
  readonly ctx: SenderContext;
  /** Where users, and the REST API, reach the server. */
  readonly site: Site;
  /** Makes what calls the host of a realm. */
  readonly http: (host: string) => RestHttp;
}

/** How much of a message that could not be sent is logged, in code points. */
const SHOWN = 200;

/** Sends messages; dispose of it. */
export class MessageSender implements AsyncDisposable {
  readonly #options: MessageSenderOptions;
  readonly #https = new Map<string, RestHttp>();
  readonly #commits = new Map<Database, OutboxCommits>();
  #notSent = 0;

  /** @param options How messages are sent. */
  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  /** How many messages a Zulip server has not taken. */
  get notSent(): number {
    return this.#notSent;
  }

  /**
   * Sends messages: on a database of its own all of them, but optional ones that are refused, in one
   * transaction; their notices are published after it. A Zulip server gets one after another; what it does not answer is a warning, and so
   * is what it refuses and is optional.
   *
   * @returns Whether they were sent now; false where they had been before.
   * @throws {SendError} When one that is not optional is refused; on a database of its own none is
   * sent then.
   * @throws {RestError} When a message must arrive, and a Zulip server does not answer.
   * @throws {DatabaseError} When the database is lost.
   */
  async send(db: Database, once: SendOnce): Promise<boolean> {
    const { kind } = await shapeOf(db);
    if (kind === "own") return await this.#store(db, once);
    for (const message of once.messages) await this.#post(db, message, once);
    return true;
  }

  /**
   * Closes what calls servers, and publishes the last notices.
   *
   * @throws {DatabaseError} When the database is lost.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const http of this.#https.values()) http[Symbol.dispose]();
    this.#https.clear();
    for (const commits of this.#commits.values()) await commits[Symbol.asyncDispose]();
    this.#commits.clear();
  }

  async #store(db: Database, { messages, queue, id, also }: SendOnce): Promise<boolean> {
    const now = new Date();
    const { externalHost } = this.#options.site;
    // A transaction may run again.
    let refused: [message: SentTogether, reason: string][] = [];
    const isNew = await this.#commitsOf(db).run(async (trx, publish) => {
      refused = [];
      const [isNew = false] = await claim(trx, queue, [id], now.getTime());
      if (!isNew) return false;
      await also?.(trx, publish);
      for (const message of messages) {
        await unlessRefused(message, async () => {
          await sendMessage(trx, message, { publish, now, externalHost });
        }, ({ message: reason }) => void refused.push([message, reason]));
      }
      return true;
    });
    for (const [message, reason] of refused) this.#warn(message, reason);
    return isNew;
  }

  #commitsOf(db: Database): OutboxCommits {
    const commits = this.#commits.get(db) ?? new OutboxCommits(db, this.#options.ctx);
    this.#commits.set(db, commits);
    return commits;
  }

  async #post(
    db: Database,
    message: SentTogether,
    { signal, mustArrive = false }: SendOnce,
  ): Promise<void> {
    const account = await accountOf(db, message.senderId, this.#options.site);
    try {
      await unlessRefused(message, async () => {
        await sendByRest(this.#http(account.realmUrl), account, message, signal);
      }, (error) => this.#warn(message, error.message));
    } catch (error) {
      if (!(error instanceof RestError) || mustArrive) throw error;
      this.#warn(message, error.message);
    }
  }

  #http(url: string): RestHttp {
    const { host } = new URL(url);
    const known = this.#https.get(host) ?? this.#options.http(host);
    this.#https.set(host, known);
    return known;
  }

  #warn({ senderId, content }: NewMessage, reason: string): void {
    this.#notSent++;
    this.#options.ctx.log.warn(NOT_SENT, {
      ...{ senderId, reason, count: this.#notSent },
      content: firstCodePoints(content, SHOWN),
    });
  }
}

const NOT_SENT =
  "A message of the user {senderId} was not sent ({count} so far): {reason}\n{content}";

async function unlessRefused(
  { isOptional = false }: SentTogether,
  send: () => Promise<void>,
  onRefused: (error: SendError) => void,
): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (!(error instanceof SendError) || !isOptional) throw error;
    onRefused(error);
  }
}

async function accountOf(db: Database, user: number, site: Site): Promise<RestAccount> {
  const row = await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select(["user.delivery_email as email", "user.api_key as apiKey", "realm.string_id as realm"])
    .where("user.id", "=", user).executeTakeFirst();
  if (!row) throw new SendError("Invalid user ID");
  return { email: row.email, apiKey: row.apiKey, realmUrl: realmApi(row.realm, site) };
}

/**
 * Whether messages that belong to an event were sent.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function wasSent(
  db: Database | Transaction<Tables>,
  queue: string,
  id: string,
): Promise<boolean> {
  const row = await db.selectFrom("process_queue_inbox").select("message_id")
    .where("queue", "=", queue).where("message_id", "=", id).executeTakeFirst();
  return row !== undefined;
}
