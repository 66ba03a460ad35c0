/**
 * The users who may get mail that they have not asked for: notifications, digests, news.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";

/** The settings by which users turn mails off. */
export type MailSetting =
  | "enable_offline_email_notifications"
  | "enable_digest_emails"
  | "enable_login_emails"
  | "enable_marketing_emails";

/** What decides whether a user may get mail. */
export interface MailFacts {
  readonly isActive: boolean;
  /** Whether the user's realm is, which may have been deactivated. */
  readonly isRealmActive: boolean;
  readonly isBot: boolean;
  /** Empty for the owner of a demo organization who has given none. */
  readonly address: string;
  /** Whether the user wants mails of this kind. */
  readonly isOn: boolean;
}

/** A user who may get mail, and how it is written. */
export interface MailUser {
  readonly id: number;
  readonly realmId: number;
  readonly name: string;
  readonly address: string;
  /** Such as `en` or `pt-br`. */
  readonly language: string;
  /** Of the IANA database; `undefined` where the server's is used. */
  readonly timeZone: string | undefined;
  /** Whether times are written as 17:04 and not as 5:04 PM. */
  readonly isTwentyFourHour: boolean;
  /** The pictures of emojis: `google`, `google-blob`, `twitter` or `text`. */
  readonly emojiset: string;
  /** Whether mails may quote messages, as the user and the realm say. */
  readonly showsContent: { readonly byUser: boolean; readonly byRealm: boolean };
  /** Whether subjects name the realm. */
  readonly realmNamePolicy: RealmNamePolicy;
  /** Whether the user is soft deactivated. */
  readonly isIdle: boolean;
}

/** Whether a user may get mail. */
export function mayGetMail(
  { isActive, isRealmActive, isBot, address, isOn }: MailFacts,
): boolean {
  return isActive && isRealmActive && !isBot && address !== "" && isOn;
}

/**
 * Those of some users who may get mail of a kind, by id.
 *
 * @param setting By which they turn it off.
 * @throws {DatabaseError} When the database is lost.
 */
export async function mailUsers(
  db: Database,
  ids: readonly number[],
  setting: MailSetting,
): Promise<Map<number, MailUser>> {
  if (ids.length === 0) return new Map();
  const rows = await userRows(db, ids, setting);
  const reached = rows.filter((row) =>
    mayGetMail({
      isActive: row.is_active,
      isRealmActive: !row.deactivated,
      isBot: row.is_bot,
      address: row.delivery_email,
      isOn: row.setting,
    })
  );
  return new Map(reached.map((row) => [row.id, mailUser(row)]));
}

type UserRow = Awaited<ReturnType<typeof userRows>>[number];

async function userRows(db: Database, ids: readonly number[], setting: MailSetting) {
  return await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select([
      "user.id",
      "user.realm_id",
      "user.full_name",
      "user.delivery_email",
      "user.is_active",
      "user.is_bot",
      "user.default_language",
      "user.timezone",
      "user.twenty_four_hour_time",
      "user.emojiset",
      "user.message_content_in_email_notifications",
      "user.realm_name_in_email_notifications_policy",
      "user.long_term_idle",
      "realm.deactivated",
      "realm.message_content_allowed_in_email_notifications",
      `user.${setting} as setting`,
    ])
    .where(inIds(db, "user.id", ids)).execute();
}

function mailUser(row: UserRow): MailUser {
  return {
    id: row.id,
    realmId: row.realm_id,
    name: row.full_name,
    address: row.delivery_email,
    language: row.default_language,
    timeZone: row.timezone === "" ? undefined : row.timezone,
    isTwentyFourHour: row.twenty_four_hour_time,
    emojiset: row.emojiset,
    showsContent: {
      byUser: row.message_content_in_email_notifications,
      byRealm: row.message_content_allowed_in_email_notifications,
    },
    realmNamePolicy: POLICIES[row.realm_name_in_email_notifications_policy] ?? "automatic",
    isIdle: row.long_term_idle,
  };
}

/** When the subjects of mails name the realm. */
export type RealmNamePolicy = "automatic" | "always" | "never";

const POLICIES: Readonly<Record<number, RealmNamePolicy>> = {
  1: "automatic",
  2: "always",
  3: "never",
};

/**
 * Whether the subject of a mail names the realm: where it is up to the program, if the reader has
 * several accounts.
 *
 * @param accounts How many accounts have the address: {@linkcode accountsOf}.
 */
export function namesRealm(policy: RealmNamePolicy, accounts: number): boolean {
  return policy === "always" || (policy === "automatic" && accounts > 1);
}

/**
 * How many active accounts of people, in realms that are active, have an address.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function accountsOf(db: Database, address: string): Promise<number> {
  const found = await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select(sql<number | bigint>`count(*)`.as("count"))
    .where("user.delivery_email", "=", address)
    .where("user.is_active", "=", true).where("user.is_bot", "=", false)
    .where("realm.deactivated", "=", false).executeTakeFirst();
  return Number(found?.count ?? 0);
}
