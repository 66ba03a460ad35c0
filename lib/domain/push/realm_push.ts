/**
 * Whether realms may push, and how much they do.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { addToRealmCount } from "../activity/counts.ts";
import { isPostgres } from "../database/dialect.ts";
import { type OutboxContext, withOutbox } from "../database/outbox.ts";
import { newRow } from "../database/rows.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database, Tables } from "../database/tables.ts";
import { toJson } from "../../json/to_json.ts";
import type { RealmPushStatus } from "./bouncer_bodies.ts";

/** The queue of Zulip's event system. */
export const EVENTS_QUEUE = "notify_tornado";

/** A property of the realm was changed. */
const PROPERTY_CHANGED = 207;
const SENT = "mobile_pushes_sent::day";

/**
 * Counts pushes that were sent.
 *
 * @param now ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function countPushes(
  db: Database,
  realm: number,
  sent: number,
  now: number,
): Promise<void> {
  if (sent > 0) await addToRealmCount(db, realm, SENT, sent, now);
}

interface Status {
  readonly isEnabled: boolean;
  readonly endsAt: Date | null;
}

/**
 * Stores what the push bouncer says of a realm. A change is written to the audit log, and sent to
 * the realm's users.
 *
 * @param now ms since 1970.
 * @returns Whether it was a change.
 * @throws {DatabaseError} When the database is lost.
 */
export async function storeRealmStatus(
  db: Database,
  ctx: OutboxContext,
  realm: number,
  { can_push: isEnabled, expected_end_timestamp: end }: RealmPushStatus,
  now: number,
): Promise<boolean> {
  const status = { isEnabled, endsAt: end === null ? null : new Date(end * 1000) };
  if (isSame(await statusOf(db, realm), status)) return false;
  return await withOutbox(db, ctx, async (trx, publish) => {
    const before = await statusOf(trx, realm, true);
    if (!before || isSame(before, status)) return false;
    await trx.updateTable("zerver_realm").set({
      push_notifications_enabled: isEnabled,
      push_notifications_enabled_end_timestamp: status.endsAt,
    }).where("id", "=", realm).execute();
    const changes = changesOf(before, status);
    await audit(trx, realm, changes, now);
    const users = await activeUsers(trx, realm);
    for (const { property, value } of changes) {
      publish(EVENTS_QUEUE, { event: { type: "realm", op: "update", property, value }, users });
    }
    return true;
  });
}

async function statusOf(db: Database, id: number, locks = false): Promise<Status | undefined> {
  const row = await db.selectFrom("zerver_realm")
    .select(["push_notifications_enabled", "push_notifications_enabled_end_timestamp"])
    .where("id", "=", id).$if(locks && isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();
  return row && {
    isEnabled: row.push_notifications_enabled,
    endsAt: row.push_notifications_enabled_end_timestamp,
  };
}

function isSame(one: Status | undefined, other: Status): boolean {
  return one?.isEnabled === other.isEnabled && secondsOf(one.endsAt) === secondsOf(other.endsAt);
}

function changesOf(before: Status, after: Status) {
  const all = [
    { property: "push_notifications_enabled", old: before.isEnabled, value: after.isEnabled },
    {
      property: "push_notifications_enabled_end_timestamp",
      old: secondsOf(before.endsAt),
      value: secondsOf(after.endsAt),
    },
  ];
  return all.filter(({ old, value }) => old !== value);
}

function secondsOf(time: Date | null): number | null {
  return time && Math.floor(time.getTime() / 1000);
}

/** Zulip writes the old value as `1`, and the new one as `2`. */
async function audit(
  trx: Transaction<Tables>,
  realm_id: number,
  changes: ReturnType<typeof changesOf>,
  now: number,
): Promise<void> {
  const rows = changes.map(({ property, old, value }) =>
    newRow("zerver_realmauditlog", {
      realm_id,
      event_type: PROPERTY_CHANGED,
      event_time: new Date(now),
      extra_data: toJson({ "1": old, "2": value, property }),
    })
  );
  await trx.insertInto("zerver_realmauditlog").values(rows).execute();
}

async function activeUsers(trx: Transaction<Tables>, realm: number): Promise<number[]> {
  const rows = await trx.selectFrom("zerver_userprofile").select("id")
    .where("realm_id", "=", realm).where("is_active", "=", true).orderBy("id").execute();
  return rows.map(({ id }) => id);
}

/**
 * Sets what realms say of pushes to what is configured, in a database of our own: in that of a Zulip
 * server only the push bouncer's answers decide, since Zulip's own processes set it.
 *
 * @param pushes `undefined` where the push bouncer decides.
 * @returns How many realms were changed.
 * @throws {DatabaseError} When the database is lost.
 */
export async function initializeRealms(
  db: Database,
  pushes: boolean | undefined,
): Promise<number> {
  if (pushes === undefined || (await shapeOf(db)).kind === "zulip") return 0;
  const { numUpdatedRows } = await db.updateTable("zerver_realm")
    .set({ push_notifications_enabled: pushes })
    .where("push_notifications_enabled", "=", !pushes).executeTakeFirst();
  return Number(numUpdatedRows);
}
