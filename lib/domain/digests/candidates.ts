/**
 * The realms and users that a digest is decided for, looked up.
 *
 * @module
 */

import { sql } from "kysely";
import type { Database } from "../database/tables.ts";
import type { RealmFacts, UserFacts } from "./due.ts";

/** The type of the audit row that says that a user's digest was made. */
export const DIGEST_MADE = 133;

/** A realm. */
export interface CandidateRealm extends RealmFacts {
  readonly id: number;
}

/** A user of a realm. */
export interface CandidateUser extends UserFacts {
  readonly id: number;
}

/** All realms, by id. @throws {DatabaseError} When the database is lost. */
export async function candidateRealms(db: Database): Promise<CandidateRealm[]> {
  const rows = await db.selectFrom("zerver_realm")
    .select(["id", "string_id", "deactivated", "digest_emails_enabled", "digest_weekday"])
    .orderBy("id").execute();
  return rows.map((row) => ({
    id: row.id,
    stringId: row.string_id,
    isDeactivated: row.deactivated,
    hasDigests: row.digest_emails_enabled,
    weekday: row.digest_weekday,
  }));
}

/** The times that a digest is decided by, in ms since 1970. */
export interface CandidateTimes {
  /** A user who was there after it gets no digest. */
  readonly cutoff: number;
  /** A user who got a digest after it gets none. */
  readonly lastDigest: number;
}

/**
 * All users of a realm, by id, by one query.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function candidateUsers(
  db: Database,
  realm: number,
  { cutoff, lastDigest }: CandidateTimes,
): Promise<CandidateUser[]> {
  const rows = await db.selectFrom("zerver_userprofile as user")
    .select([
      "user.id",
      "user.is_active",
      "user.is_bot",
      "user.enable_digest_emails",
      "user.delivery_email",
      sql<boolean | number>`exists (
        select 1 from zerver_useractivityinterval as stay
        where stay.user_profile_id = "user".id and stay."end" > ${new Date(cutoff)})`.as("there"),
      sql<boolean | number>`"user".id in (
        select modified_user_id from zerver_realmauditlog
        where realm_id = ${realm} and event_type = ${DIGEST_MADE}
          and event_time > ${new Date(lastDigest)} and modified_user_id is not null)`.as("got"),
    ])
    .where("user.realm_id", "=", realm)
    .orderBy("user.id").execute();
  return rows.map((row) => ({
    id: row.id,
    isActive: row.is_active,
    isBot: row.is_bot,
    isOn: row.enable_digest_emails,
    hasAddress: row.delivery_email !== "",
    wasThere: Boolean(row.there),
    gotOne: Boolean(row.got),
  }));
}
