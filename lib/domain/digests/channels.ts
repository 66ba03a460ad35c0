/**
 * The channels that digests tell of: those that users read, and those that are new.
 *
 * @module
 */

import { RECIPIENT, SUBSCRIPTION } from "../database/codes.ts";
import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";

/** A channel. */
export interface Channel {
  readonly id: number;
  readonly name: string;
}

/** A channel that a user reads. */
export interface ReadChannel extends Channel {
  /** The recipient that its messages have. */
  readonly recipient: number;
}

/** A channel that was made after a digest's beginning. */
export interface NewChannel extends Channel {
  readonly isPrivate: boolean;
  /** For everybody, guests also. */
  readonly isWebPublic: boolean;
}

/** The audit rows that say that a subscription was made, came back, ended. */
const SUBSCRIBED = Object.values(SUBSCRIPTION);

/** Whether a new channel is in a user's digest; the user need not be subscribed to it. */
export function isTold(isGuest: boolean, { isPrivate, isWebPublic }: NewChannel): boolean {
  return isGuest ? isWebPublic : !isPrivate;
}

/**
 * The channels that each user has read from before a time until now: subscribed and not muted, and
 * neither joined nor left after it.
 *
 * @param cutoff The time in ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function readChannels(
  db: Database,
  users: readonly number[],
  cutoff: number,
): Promise<ReadonlyMap<number, readonly ReadChannel[]>> {
  const rows = await db.selectFrom("zerver_subscription as subscription")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "subscription.recipient_id")
    .innerJoin("zerver_stream as stream", "stream.id", "recipient.type_id")
    .select([
      "subscription.user_profile_id as user",
      "subscription.recipient_id as recipient",
      "stream.id",
      "stream.name",
    ])
    .where(inIds(db, "subscription.user_profile_id", users))
    .where("recipient.type", "=", RECIPIENT.stream)
    .where("subscription.active", "=", true)
    .where("subscription.is_muted", "=", false)
    .where(({ not, exists, selectFrom }) =>
      not(exists(
        selectFrom("zerver_realmauditlog as audit").select("audit.id")
          .whereRef("audit.modified_user_id", "=", "subscription.user_profile_id")
          .whereRef("audit.modified_stream_id", "=", "stream.id")
          .where("audit.event_type", "in", SUBSCRIBED)
          .where("audit.event_time", ">", new Date(cutoff)),
      ))
    )
    .orderBy("stream.id").execute();
  return Map.groupBy(rows, ({ user }) => user);
}

/**
 * The channels of a realm that were made after a time, and are not deactivated, by id.
 *
 * @param cutoff The time in ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function newChannels(
  db: Database,
  realm: number,
  cutoff: number,
): Promise<NewChannel[]> {
  const rows = await db.selectFrom("zerver_stream")
    .select(["id", "name", "invite_only", "is_web_public"])
    .where("realm_id", "=", realm).where("deactivated", "=", false)
    .where("date_created", ">", new Date(cutoff)).orderBy("id").execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    isPrivate: row.invite_only,
    isWebPublic: row.is_web_public,
  }));
}
