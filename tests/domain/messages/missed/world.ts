/**
 * A realm whose users have missed messages, and a worker's context that keeps what it publishes.
 *
 * @module
 */

import { sql } from "kysely";
import { addMissed } from "../../../../lib/domain/messages/missed/pending.ts";
import type { Database } from "../../../../lib/domain/database/database.ts";
import type { NewRow } from "../../../../lib/domain/database/tables.ts";
import { MailTemplates } from "../../../../lib/domain/mail/templates/mail_templates.ts";
import { MissedMailSender } from "../../../../lib/domain/messages/missed/sender.ts";
import type { MissedMailMaker } from "../../../../lib/domain/messages/missed/mail_maker.ts";
import { mailMessages } from "../../../../lib/domain/messages/rendering/mail_messages.ts";
import { addUserType, MADE, TestRealm } from "../../../fixtures/database/realm.ts";

/** When the messages are missed, in ms since 1970. */
export const NOW = MADE.getTime() + 1000;
/** When their mails are due. */
export const DUE = NOW + 120_000;

const TEMPLATES = new MailTemplates();

/** What mails are made with; as the worker makes them. */
export const MAKER: MissedMailMaker = {
  ...{ externalHost: "zulip.example", scheme: "https://", installationName: "Zulip at Example" },
  ...{ timeZone: "UTC", noReply: "noreply@zulip.example", gatewayPattern: "%s@in.example" },
  mostMembers: 11,
  hasReactivationQueue: false,
  text: (...args) => TEMPLATES.text(...args),
  show: mailMessages,
};

/** An event that was published. */
export interface Published {
  readonly queue: string;
  readonly id: string | undefined;
  // deno-lint-ignore no-explicit-any -- read by tests as what it is
  readonly event: any;
}

type Line = [message: string, values?: Record<string, unknown>];

function textOf(...[message, values = {}]: Line): string {
  return message.replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A worker's context. */
export class FakeContext {
  readonly published: Published[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  /** Whether the broker is away. */
  isAway = false;

  readonly log = {
    debug() {},
    warn: (...line: Line) => void this.warnings.push(textOf(...line)),
    error: (...line: Line) => void this.errors.push(textOf(...line)),
  };

  readonly publish = (queue: string, event: unknown, { id }: { id?: string } = {}) => {
    if (this.isAway) return Promise.reject(new Error("the broker is away"));
    this.published.push({ queue, id, event });
    return Promise.resolve();
  };

  /** The mails: whom they go to, and their contexts. */
  get mails() {
    return this.published.filter(({ queue }) => queue === "email_senders");
  }
}

/** A realm with a database. */
export class MissedWorld {
  readonly db: Database;
  readonly realm: TestRealm;
  readonly ctx = new FakeContext();
  readonly sender: MissedMailSender;

  constructor(db: Database, realm: TestRealm, maker: Partial<MissedMailMaker>) {
    this.db = db;
    this.realm = realm;
    this.sender = new MissedMailSender({ ...MAKER, ...maker });
  }

  /** Makes a realm `acme`. */
  static async make(db: Database, maker: Partial<MissedMailMaker> = {}): Promise<MissedWorld> {
    await addUserType(db);
    return new MissedWorld(db, await TestRealm.make(db, "acme"), maker);
  }

  /** Tells the worker that a user missed a message. */
  async miss(userId: number, messageId: number, trigger: string, groupId: number | null = null) {
    const event = { userId, messageId, trigger, groupId };
    return await addMissed(this.db, event, { queue: "q", id: undefined, now: NOW });
  }

  /** Runs a pass. */
  async pass(now = DUE, ctx = this.ctx): Promise<boolean> {
    const { signal } = new AbortController();
    return await this.sender.run({ db: this.db, ctx, now, signal });
  }

  /** Makes a message of a channel to a user, with flags. */
  async toChannel(
    sender: number,
    recipient: number,
    reader: number,
    content: string,
    { flags = 0, ...more }: Partial<NewRow<"zerver_message">> & { flags?: number } = {},
  ): Promise<number> {
    const given = { subject: "lunch", content, ...more };
    const id = await this.realm.message(sender, recipient, [reader], given);
    await sql`update zerver_usermessage set flags = ${flags} where message_id = ${id}`
      .execute(this.db);
    return id;
  }

  /** When the rows of a user are due, in ms after the messages were missed. */
  async due(user: number): Promise<number[]> {
    const rows = await this.db.selectFrom("zerver_scheduledmessagenotificationemail")
      .select("scheduled_timestamp").where("user_profile_id", "=", user).orderBy("id").execute();
    return rows.map(({ scheduled_timestamp }) => scheduled_timestamp.getTime() - NOW);
  }
}

/** The ids of the rows of missed messages. */
export async function rowIds({ db }: MissedWorld): Promise<number[]> {
  const rows = await db.selectFrom("zerver_scheduledmessagenotificationemail").select("id")
    .orderBy("id").execute();
  return rows.map(({ id }) => id);
}

/** When a user was mailed last; `null`: never. */
export async function reminded(
  { db }: MissedWorld,
  user: number,
): Promise<Date | null | undefined> {
  const row = await db.selectFrom("zerver_userprofile").select("last_reminder")
    .where("id", "=", user).executeTakeFirst();
  return row?.last_reminder;
}
