/**
 * Which rows an export has: conditions in SQL, of the export's type and its realm.
 *
 * @module
 */

import { type RawBuilder, sql, type SqlBool } from "kysely";
import { RECIPIENT } from "../database/codes.ts";

/** What an export has: `zerver_realmexport.type`. */
export type ExportType = "public" | "consent" | "full";

/** The numbers of the types. */
export const EXPORT_TYPES: Readonly<Record<number, ExportType>> = {
  1: "public",
  2: "consent",
  3: "full",
};

/** A condition on a row. */
export type Condition = RawBuilder<SqlBool>;
/** A query of ids. */
export type Ids = RawBuilder<unknown>;

/**
 * The rows of an export. `public` has what every member may read. `consent` has that, and what
 * concerns users who allow the export of their private data (`allow_private_data_export`), and their
 * bots. `full` has all of the realm.
 */
export class Scope {
  readonly type: ExportType;
  readonly realm: RawBuilder<number>;

  /** @param realm The realm's id. */
  constructor(realm: number, type: ExportType) {
    this.realm = sql<number>`${sql.lit(realm)}`;
    this.type = type;
  }

  /** All users of the realm. */
  get users(): Ids {
    return sql`select u.id from zerver_userprofile u where u.realm_id = ${this.realm}`;
  }

  /** The users whose private data is exported. */
  get private(): Ids {
    if (this.type === "full") return this.users;
    if (this.type === "public") return sql`select u.id from zerver_userprofile u where 1 = 0`;
    const allows = sql`select o.id from zerver_userprofile o
      where o.realm_id = ${this.realm} and o.allow_private_data_export`;
    return sql`select u.id from zerver_userprofile u where u.realm_id = ${this.realm}
      and (u.allow_private_data_export or u.bot_owner_id in (${allows}))`;
  }

  /** The channels that are exported. */
  get channels(): Ids {
    return sql`select s.id from zerver_stream s where ${this.#channel}`;
  }

  /** Where messages of exported channels and groups go, and the private data of users. */
  get recipients(): Ids {
    if (this.type === "public") return this.#channelRecipients;
    return sql`select r.id from zerver_recipient r where r.id in (${this.#channelRecipients})
      or r.id in (${this.#groupRecipients})
      or (r.type = ${sql.lit(RECIPIENT.personal)} and r.type_id in (${this.users}))`;
  }

  /** Where messages to groups of users go. */
  get #groupRecipients(): Ids {
    return sql`select b.recipient_id from zerver_subscription b
      join zerver_recipient g on g.id = b.recipient_id
      where g.type = ${sql.lit(RECIPIENT.group)} and b.user_profile_id in (${this.private})`;
  }

  get #channelRecipients(): Ids {
    return sql`select s.recipient_id from zerver_stream s where ${this.#channel}`;
  }

  /** Of a channel `s`. */
  get #channel(): Condition {
    const here = sql`s.realm_id = ${this.realm}`;
    if (this.type === "full") return sql<SqlBool>`${here}`;
    if (this.type === "public") return sql<SqlBool>`${here} and ${PUBLIC}`;
    const read = sql`exists (select 1 from zerver_subscription b
      where b.recipient_id = s.recipient_id and b.user_profile_id in (${this.private}))`;
    return sql<SqlBool>`${here} and (${PUBLIC} or ${read})`;
  }

  /**
   * The condition that a message is exported. Private channels that show their history to later
   * subscribers are exported with it.
   *
   * @param m The name that the query has for the message.
   */
  message(m: string): Condition {
    const column = (name: string) => sql.ref(`${m}.${name}`);
    const here = sql`${column("realm_id")} = ${this.realm}`;
    if (this.type === "full") return sql<SqlBool>`${here}`;
    const inPublic = sql`${column("recipient_id")} in (select s.recipient_id from zerver_stream s
      where s.realm_id = ${this.realm} and ${PUBLIC})`;
    if (this.type === "public") return sql<SqlBool>`${here} and ${inPublic}`;
    const inShared = sql`${column("recipient_id")} in (select s.recipient_id from zerver_stream s
      join zerver_subscription b on b.recipient_id = s.recipient_id
      where s.realm_id = ${this.realm} and s.history_public_to_subscribers and b.active
        and b.user_profile_id in (${this.private}))`;
    const got = sql`exists (select 1 from zerver_usermessage c
      where c.message_id = ${column("id")} and c.user_profile_id in (${this.private}))`;
    return sql<SqlBool>`${here} and (${inPublic} or ${inShared} or ${got})`;
  }

  /** The condition that the message with the id of a column is exported. */
  messageOf(column: string): Condition {
    return sql<SqlBool>`exists (select 1 from zerver_message m
      where m.id = ${sql.ref(column)} and ${this.message("m")})`;
  }
}

/** That all members may read a channel `s`, its history too. */
const PUBLIC = sql`not s.invite_only and s.history_public_to_subscribers`;
