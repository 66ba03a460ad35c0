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
  readonly realmId: number;
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
  const rows = await db.selectFrom("zerver_userprofile")
    .select(["id", "full_name", "delivery_email", "is_bot", "default_language", "realm_id"])
    .where(inIds(db, "zerver_userprofile.id", ids)).execute();
  const users = new Map(rows.map((row) => [row.id, {
    id: row.id,
    name: row.full_name,
    address: row.delivery_email,
    isBot: row.is_bot,
    language: row.default_language,
    realmId: row.realm_id,
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
