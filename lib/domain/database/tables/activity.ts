/**
 * What users do, and when they were there.
 *
 * @module
 */

import { bigint, id, positiveInteger, time, to, varchar } from "./column.ts";
import { table } from "./table.ts";

/** A program that talks to Zulip. */
export const client = table("zerver_client", {
  id: id("integer"),
  name: varchar(30, { unique: true }),
});

/** How often, and when last, a user called something. */
export const userActivity = table("zerver_useractivity", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  client_id: to("zerver_client"),
  /** What was called. */
  query: varchar(50, { index: true }),
  /** How many times. */
  count: positiveInteger(),
  /**
   * SQLite has text in UTC with microseconds, as in `2023-11-14T22:13:20.123456Z`; rows of earlier
   * versions have milliseconds. Without its `Z` it sorts by time.
   */
  last_visit: time(),
}, { unique: [["user_profile_id", "client_id", "query"]] });

/** A time during which a user was active: at least 15 minutes. */
export const userActivityInterval = table("zerver_useractivityinterval", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  start: time({ index: true }),
  end: time({ index: true }),
}, {
  indexes: [{
    name: "zerver_useractivityinterval_user_profile_id_end_bb3bfc37_idx",
    on: 'user_profile_id, "end"',
  }],
});

/** When a user was there last. */
export const userPresence = table("zerver_userpresence", {
  id: id(),
  user_profile_id: to("zerver_userprofile", { unique: true }),
  realm_id: to("zerver_realm"),
  last_update_id: bigint({ standard: 0, index: true }),
  last_connected_time: time({ nullable: true, index: true }),
  last_active_time: time({ nullable: true, index: true }),
}, {
  indexes: ["last_active_time", "last_connected_time", "last_update_id"].map((column) => ({
    name: `zerver_userpresence_realm_id_${column}_idx`,
    on: `realm_id, ${column}`,
  })),
});

/** The newest `last_update_id` of a realm. */
export const presenceSequence = table("zerver_presencesequence", {
  id: id(),
  realm_id: to("zerver_realm", { unique: true }),
  last_update_id: bigint(),
});
