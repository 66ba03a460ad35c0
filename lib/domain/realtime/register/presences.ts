/**
 * Who was there, and when.
 *
 * @module
 */

import { secondsOf, type StatePart, type StateQuery } from "./state_query.ts";

/** Zulip's limit for those who were there long ago, in ms. */
const HISTORY_MS = 14 * 24 * 3600 * 1000;
/** How long a user counts as active after it did something, in seconds. */
const ACTIVE_SECONDS = 140;

/** When a user was there. */
interface Presence {
  readonly last_active_time: Date | null;
  readonly last_connected_time: Date | null;
}

/** The part `presence`. @throws {DatabaseError} When the database is lost. */
export async function presences(
  { db, user, registration, now }: StateQuery,
): Promise<StatePart> {
  const rows = await db.selectFrom("zerver_userpresence as presence")
    .innerJoin("zerver_userprofile as user", "user.id", "presence.user_profile_id")
    .select(["user.id", "user.email", "last_active_time", "last_connected_time", "last_update_id"])
    .where("presence.realm_id", "=", user.realmId)
    .where("last_connected_time", ">=", new Date(now - HISTORY_MS))
    .where("user.is_active", "=", true).where("user.presence_enabled", "=", true)
    .orderBy("user.id").execute();
  const { capabilities } = registration;
  const isSlim = capabilities.has("slim_presence") ||
    capabilities.has("simplified_presence_events");
  const byId = rows.map((row) => [String(row.id), modern(row)]);
  const byAddress = rows.map((row) => [row.email, legacy(row, now)]);
  const newest = rows.reduce((most, row) => Math.max(most, Number(row.last_update_id)), -1);
  return {
    presences: Object.fromEntries(isSlim ? byId : byAddress),
    server_timestamp: now / 1000,
    presence_last_update_id: newest,
  };
}

/** A presence as today's clients get it. */
export function modern({ last_active_time, last_connected_time }: Presence) {
  return {
    active_timestamp: secondsOf(last_active_time) ?? 0,
    idle_timestamp: secondsOf(last_connected_time) ?? 0,
  };
}

/** A presence as older clients get it. @param now ms since 1970. */
export function legacy({ last_active_time, last_connected_time }: Presence, now: number) {
  const active = secondsOf(last_active_time);
  const isActive = active !== null && now / 1000 - active < ACTIVE_SECONDS;
  const connected = secondsOf(last_connected_time) ?? 0;
  const one = {
    client: "website",
    status: isActive ? "active" : "idle",
    timestamp: isActive ? active : connected,
  };
  return { aggregated: one, website: { ...one, pushable: false } };
}
