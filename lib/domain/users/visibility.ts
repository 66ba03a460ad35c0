/**
 * Whom a user may know.
 *
 * @module
 */

import { GUEST, RECIPIENT } from "../database/codes.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";
import { isInGroup } from "./groups.ts";

/** What decides whether a user may know another. */
export interface Acquaintance {
  /** Only guests may be kept from knowing others. */
  readonly isGuest: boolean;
  /** Whether the user is in the realm's group that may know all users. */
  readonly knowsAll: boolean;
  readonly isOtherBot: boolean;
  /** Whether both are in a channel or a conversation. */
  readonly meets: boolean;
}

/** Whether a user may know another: name, address and picture. */
export function mayKnow({ isGuest, knowsAll, isOtherBot, meets }: Acquaintance): boolean {
  return !isGuest || knowsAll || isOtherBot || meets;
}

/**
 * Whether a user may know another of the realm; not where one of them does not exist.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function mayKnowUser(db: Database, user: number, other: number): Promise<boolean> {
  if (user === other) return true;
  const reader = await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select(["user.role", "realm.can_access_all_users_group_id as group"])
    .where("user.id", "=", user).executeTakeFirst();
  const known = await db.selectFrom("zerver_userprofile").select("is_bot")
    .where("id", "=", other).executeTakeFirst();
  if (!reader || !known) return false;
  const isGuest = reader.role === GUEST;
  return mayKnow({
    isGuest,
    knowsAll: isGuest && await isInGroup(db, user, reader.group),
    isOtherBot: known.is_bot,
    meets: isGuest && (await areInOne(db, user, other) || await haveWritten(db, user, other)),
  });
}

/** Whether both are subscribed to a channel, or in a DM group. */
async function areInOne(db: Database, user: number, other: number): Promise<boolean> {
  const found = await db.selectFrom("zerver_subscription as mine")
    .innerJoin("zerver_subscription as theirs", "theirs.recipient_id", "mine.recipient_id")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "mine.recipient_id")
    .select("mine.id")
    .where("mine.user_profile_id", "=", user).where("mine.active", "=", true)
    .where("theirs.user_profile_id", "=", other).where("theirs.active", "=", true)
    .where("recipient.type", "in", [RECIPIENT.stream, RECIPIENT.group]).limit(1).executeTakeFirst();
  return found !== undefined;
}

/** Whether one wrote to the other alone, where that has a recipient of its own. */
async function haveWritten(db: Database, user: number, other: number): Promise<boolean> {
  const { has } = await shapeOf(db);
  if (!has("zerver_userprofile.recipient_id")) return false;
  const rows = await db.selectFrom("zerver_userprofile").select(["id", "recipient_id"])
    .where("id", "in", [user, other]).execute();
  const recipients = new Map(rows.map(({ id, recipient_id }) => [id, recipient_id]));
  const [mine, theirs] = [recipients.get(user) ?? 0, recipients.get(other) ?? 0];
  const found = await db.selectFrom("zerver_message").select("id")
    .where(({ or, and, eb }) =>
      or([
        and([eb("sender_id", "=", user), eb("recipient_id", "=", theirs)]),
        and([eb("sender_id", "=", other), eb("recipient_id", "=", mine)]),
      ])
    ).limit(1).executeTakeFirst();
  return found !== undefined;
}
