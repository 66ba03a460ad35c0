/**
 * The links by which users turn mails off without logging in.
 *
 * @module
 */

import { sql } from "kysely";
import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";

/** The kinds of mails that have such a link. */
export type UnsubscribeKind = "missed_messages" | "welcome" | "digest" | "login" | "marketing";

/** The user whose link it is. */
export interface LinkOwner {
  readonly id: number;
  readonly realmId: number;
}

const UNSUBSCRIBE = 4;
const KEY_BYTES = 15;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
/** In a database of our own, which has no `django_content_type`. */
const OWN_USER_TYPE = 1;

/**
 * A link that turns a kind of mail off.
 *
 * @param realmUrl The realm's address, without a slash at its end.
 * @param key Of {@linkcode unsubscribeKey}.
 */
export function unsubscribeLink(realmUrl: string, kind: UnsubscribeKind, key: string): string {
  return `${realmUrl}/accounts/unsubscribe/${kind}/${key}`;
}

/**
 * The key of a user's links, which is valid for ever and for all kinds of mails: the newest there is,
 * or a new one, made in this transaction.
 *
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function unsubscribeKey(
  db: Database,
  { id, realmId }: LinkOwner,
  now: number = Date.now(),
): Promise<string> {
  const content_type_id = await userType(db);
  const known = await db.selectFrom("confirmation_confirmation").select("confirmation_key")
    .where("object_id", "=", id).where("type", "=", UNSUBSCRIBE)
    .where("content_type_id", "=", content_type_id)
    .where("expiry_date", "is", null)
    .orderBy("id", "desc").limit(1).executeTakeFirst();
  if (known) return known.confirmation_key;
  const confirmation_key = confirmationKey(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
  const row = { content_type_id, object_id: id, confirmation_key, realm_id: realmId };
  await db.insertInto("confirmation_confirmation")
    .values({ ...row, type: UNSUBSCRIBE, date_sent: new Date(now), expiry_date: null }).execute();
  return confirmation_key;
}

/** 24 characters of base32, in lower case. @param bytes 15 of them. */
export function confirmationKey(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[parseInt(five, 2)]).join("");
}

/** The id that Django has for the model of users; a server that has no user's link yet may lack it. */
async function userType(db: Database): Promise<number> {
  if ((await shapeOf(db)).kind === "own") return OWN_USER_TYPE;
  const find = sql<{ id: number }>`select id from django_content_type
    where app_label = 'zerver' and model = 'userprofile'`;
  const { rows: [found] } = await find.execute(db);
  if (found) return found.id;
  throw new Error(
    "The table django_content_type of the Zulip server's database has no row for zerver.userprofile: " +
      "run Zulip's own `manage.py migrate`, which adds it.",
  );
}
