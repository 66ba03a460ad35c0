/**
 * The users that mails go to.
 *
 * @module
 */

import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";

/** A user as the recipient of a mail. */
export interface Addressee {
  readonly id: number;
  readonly name: string;
  /** Empty for the owner of a demo organization who has given none. */
  readonly address: string;
  readonly isBot: boolean;
  /** Such as `en` or `pt-br`. */
  readonly language: string;
  readonly realm: MailRealm;
}

/** A realm as mails name it. */
export interface MailRealm {
  readonly id: number;
  readonly name: string;
  /** The subdomain; empty for the realm of the server's own host. */
  readonly stringId: string;
}

/**
 * The users with these ids, in the order of the ids; those that do not exist are left out.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function addressees(db: Database, ids: readonly number[]): Promise<Addressee[]> {
  const rows = await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select(["user.id", "full_name", "delivery_email", "is_bot", "user.default_language"])
    .select(["realm_id", "realm.name", "string_id"])
    .where(inIds(db, "user.id", ids)).execute();
  const users = new Map(rows.map((row) => [row.id, {
    id: row.id,
    name: row.full_name,
    address: row.delivery_email,
    isBot: row.is_bot,
    language: row.default_language,
    realm: { id: row.realm_id, name: row.name, stringId: row.string_id },
  }]));
  return ids.flatMap((id) => users.get(id) ?? []);
}

/**
 * The realm with an id; `undefined` where there is none.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function mailRealm(db: Database, id: number): Promise<MailRealm | undefined> {
  const row = await db.selectFrom("zerver_realm").select(["id", "name", "string_id"])
    .where("id", "=", id).executeTakeFirst();
  return row && { id: row.id, name: row.name, stringId: row.string_id };
}
