/**
 * The links by which users turn mails off without logging in.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import { pieces } from "../database/pieces.ts";
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
/** The most rows in one statement: SQLite takes 32,766 parameters. */
const ROWS = 4_000;

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
  owner: LinkOwner,
  now: number = Date.now(),
): Promise<string> {
  const key = (await unsubscribeKeys(db, [owner], now)).get(owner.id);
  if (key === undefined) throw new Error(`User ${owner.id} got no unsubscribe key`);
  return key;
}

/**
 * The keys of some users' links, as {@linkcode unsubscribeKey} finds or makes them, by user, by three
 * queries at most.
 *
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function unsubscribeKeys(
  db: Database,
  owners: readonly LinkOwner[],
  now: number,
): Promise<Map<number, string>> {
  if (owners.length === 0) return new Map();
  const content_type_id = await userType(db);
  const keys = await knownKeys(db, owners.map(({ id }) => id), content_type_id);
  const made = owners.filter(({ id }) => !keys.has(id)).map(({ id, realmId }) => ({
    content_type_id,
    object_id: id,
    confirmation_key: confirmationKey(crypto.getRandomValues(new Uint8Array(KEY_BYTES))),
    realm_id: realmId,
    type: UNSUBSCRIBE,
    date_sent: new Date(now),
    expiry_date: null,
  }));
  for (const some of pieces(made, ROWS)) {
    await db.insertInto("confirmation_confirmation").values(some).execute();
  }
  return new Map([
    ...keys,
    ...made.map(({ object_id, confirmation_key }) => [object_id, confirmation_key] as const),
  ]);
}

/** The newest keys, by user: Zulip makes one for each mail. */
async function knownKeys(
  db: Database,
  users: readonly number[],
  contentType: number,
): Promise<Map<number, string>> {
  const rows = await db.selectFrom("confirmation_confirmation")
    .select(["object_id", "confirmation_key"])
    .where(
      "id",
      "in",
      (query) =>
        query.selectFrom("confirmation_confirmation as key").select(({ fn }) =>
          fn.max("key.id").as("id")
        )
          .where(inIds(db, "key.object_id", users)).where("key.type", "=", UNSUBSCRIBE)
          .where("key.content_type_id", "=", contentType).where("key.expiry_date", "is", null)
          .groupBy("key.object_id"),
    )
    .execute();
  return new Map(rows.map(({ object_id, confirmation_key }) => [
    Number(object_id),
    confirmation_key,
  ]));
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
