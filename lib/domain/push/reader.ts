/**
 * The user whose devices get a push.
 *
 * @module
 */

import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";
import type { ReaderFacts } from "./deciding.ts";

/** The realm of a user, as it concerns pushes. */
export interface ReaderRealm {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  /** The subdomain; empty for the realm of the server's own host. */
  readonly stringId: string;
  /** Whether texts may be in encrypted pushes only. */
  readonly requiresEncryption: boolean;
}

/** A user whose devices get pushes. */
export interface PushReader extends ReaderFacts {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  /** Such as `en` or `pt-br`. */
  readonly language: string;
  /** Whether the user is soft deactivated. */
  readonly isIdle: boolean;
  readonly realm: ReaderRealm;
}

/**
 * A user; `undefined` if there is no such user.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function pushReader(db: Database, id: number): Promise<PushReader | undefined> {
  const row = await readerRow(db, id);
  return row && {
    id: row.id,
    uuid: row.uuid,
    name: row.full_name,
    language: row.default_language,
    isBot: row.is_bot,
    isActive: row.is_active,
    isRealmActive: !row.deactivated,
    wantsPushes: row.enable_offline_push_notifications || row.enable_online_push_notifications,
    isIdle: row.long_term_idle,
    realm: {
      id: row.realm_id,
      uuid: row.realm_uuid,
      name: row.realm_name,
      stringId: row.string_id,
      requiresEncryption: row.require_e2ee_push_notifications === true,
    },
  };
}

async function readerRow(db: Database, id: number) {
  const { has } = await shapeOf(db);
  return await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select([
      "user.id",
      "user.uuid",
      "user.full_name",
      "user.default_language",
      "user.is_bot",
      "user.is_active",
      "user.enable_offline_push_notifications",
      "user.enable_online_push_notifications",
      "user.long_term_idle",
      "user.realm_id",
      "realm.uuid as realm_uuid",
      "realm.name as realm_name",
      "realm.string_id",
      "realm.deactivated",
    ])
    .$if(
      has("zerver_realm.require_e2ee_push_notifications"),
      (query) => query.select("realm.require_e2ee_push_notifications"),
    )
    .where("user.id", "=", id).executeTakeFirst();
}
