/**
 * Who logs in by an address and an API key.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { sql } from "kysely";
import { GUEST } from "../database/codes.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";

/** A user who may log in. */
export interface ApiUser {
  readonly id: number;
  readonly realmId: number;
  /** The subdomain of the realm; empty for that of the server's own host. */
  readonly realm: string;
  /** 100 owner, 200 administrator, 300 moderator, 400 member, 600 guest. */
  readonly role: number;
  readonly isGuest: boolean;
  readonly isActive: boolean;
  readonly isRealmActive: boolean;
  /** The recipient row of the user, where the database has those of single users. */
  readonly recipientId: number | undefined;
}

/** A user with the key that it has to know. */
export interface KeyedUser extends ApiUser {
  /** A secret. */
  readonly apiKey: string;
}

type UserRow = Awaited<ReturnType<Awaited<ReturnType<typeof users>>["executeTakeFirstOrThrow"]>>;

/**
 * The users who have an address, in whatever case: at most one in each realm.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function usersWithAddress(db: Database, address: string): Promise<KeyedUser[]> {
  const rows = await (await users(db))
    // The index is by realm and address.
    .where(sql`upper(${sql.ref("user.delivery_email")})`, "=", sql`upper(${address})`)
    .where("user.delivery_email", "<>", "").execute();
  return rows.map((row) => ({ ...apiUser(row), apiKey: row.api_key }));
}

/**
 * The user with an id.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function userWithId(db: Database, id: number): Promise<ApiUser | undefined> {
  const row = await (await users(db)).where("user.id", "=", id).executeTakeFirst();
  return row && apiUser(row);
}

async function users(db: Database) {
  const { has } = await shapeOf(db);
  return db.selectFrom("zerver_realm as realm")
    .innerJoin("zerver_userprofile as user", "user.realm_id", "realm.id")
    .select([
      "user.id",
      "user.realm_id",
      "realm.string_id",
      "user.role",
      "user.is_active",
      "realm.deactivated",
      "user.api_key",
    ])
    .$if(has("zerver_userprofile.recipient_id"), (query) => query.select("user.recipient_id"));
}

function apiUser(row: UserRow): ApiUser {
  return {
    id: row.id,
    realmId: row.realm_id,
    realm: row.string_id,
    role: row.role,
    isGuest: row.role === GUEST,
    isActive: row.is_active,
    isRealmActive: !row.deactivated,
    recipientId: row.recipient_id ?? undefined,
  };
}

/**
 * The user whose key it is. The time that this takes does not depend on how much of a key is right,
 * nor on whether there is a user.
 */
export function userWithKey(users: readonly KeyedUser[], key: string): ApiUser | undefined {
  const digest = digestOf(key);
  const candidates = users.length > 0 ? users : [undefined];
  const [found] = candidates.filter((user) =>
    timingSafeEqual(digestOf(user?.apiKey ?? `not ${key}`), digest) && user !== undefined
  );
  if (!found) return undefined;
  const { apiKey: _, ...user } = found;
  return user;
}

function digestOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}
