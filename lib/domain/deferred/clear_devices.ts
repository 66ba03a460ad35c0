/**
 * Forgets the devices to which a user's messages are pushed, such as those of one who was deactivated.
 *
 * @module
 */

import type { Database } from "../database/tables.ts";
import type { BouncerTransport, BouncerUser } from "../push/bouncer_bodies.ts";

/** What came of it. */
export type Cleared =
  | { readonly kind: "done"; readonly where: "bouncer" | "database"; readonly devices?: number }
  | { readonly kind: "no user" }
  /** The bouncer refuses it for good. */
  | { readonly kind: "refused"; readonly reason: string }
  /** It may succeed later, and is safe to repeat. */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs?: number | undefined };

/**
 * Has the push bouncer forget a user's devices of the older registration; without a bouncer deletes
 * their rows here. It is safe to repeat.
 *
 * @throws {DatabaseError} When the database is lost.
 * @throws {PushUnavailable} When the bouncer is not reached, or does not accept our key.
 * @throws The signal's reason when it is aborted.
 */
export async function clearDevices(
  db: Database,
  user: number,
  bouncer: Pick<BouncerTransport, "unregisterAll"> | undefined,
  signal: AbortSignal,
): Promise<Cleared> {
  if (!bouncer) {
    const { numDeletedRows } = await db.deleteFrom("zerver_pushdevicetoken")
      .where("user_id", "=", user).executeTakeFirst();
    return { kind: "done", where: "database", devices: Number(numDeletedRows) };
  }
  const who = await bouncerUser(db, user);
  if (!who) return { kind: "no user" };
  const result = await bouncer.unregisterAll(who, signal);
  switch (result.kind) {
    case "done":
      return { kind: "done", where: "bouncer" };
    case "refused":
    case "later":
      return result;
    case "unknown":
      return { kind: "later", reason: result.reason };
  }
}

async function bouncerUser(db: Database, user: number): Promise<BouncerUser | undefined> {
  return await db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select(["user.uuid as user_uuid", "user.id as user_id", "realm.uuid as realm_uuid"])
    .where("user.id", "=", user).executeTakeFirst();
}
