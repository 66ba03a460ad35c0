/**
 * What happened in realms, and the exports of their data.
 *
 * @module
 */

import {
  bigint,
  boolean,
  id,
  integer,
  json,
  positiveSmallint,
  text,
  time,
  to,
  varchar,
} from "./column.ts";
import { table } from "./table.ts";

const user = () => to("zerver_userprofile", { nullable: true });

/** An event of a realm. */
export const realmAuditLog = table("zerver_realmauditlog", {
  id: id(),
  event_time: time({ index: true }),
  backfilled: boolean({ standard: false }),
  extra_data: json({ standard: "{}" }),
  /** 120 soft activated, 133 digest made, 301 to 303 subscription made, activated, ended … */
  event_type: positiveSmallint(),
  realm_id: to("zerver_realm"),
  acting_user_id: user(),
  modified_user_id: user(),
  modified_stream_id: to("zerver_stream", { nullable: true }),
  modified_user_group_id: to("zerver_namedusergroup", { nullable: true }),
  modified_channel_folder_id: to("zerver_channelfolder", { nullable: true }),
  event_last_message_id: integer({ nullable: true }),
  scrubbed: boolean({ databaseDefault: false }),
}, {
  indexes: [
    {
      name: "zerver_realmauditlog_realm__event_type__event_time",
      on: "realm_id, event_type, event_time",
    },
    {
      name: "zerver_realmauditlog_user_subscriptions_idx",
      on: "modified_user_id, modified_stream_id",
      where: "event_type in (301, 302, 303)",
    },
    {
      name: "zerver_realmauditlog_user_activations_idx",
      on: "modified_user_id, event_time",
      where: "event_type in (101, 102, 103, 104)",
    },
  ],
});

const when = () => time({ nullable: true });

/** An export of a realm's data. */
export const realmExport = table("zerver_realmexport", {
  id: id(),
  realm_id: to("zerver_realm"),
  /** 1 public, 2 full with consent, 3 full without consent. */
  type: positiveSmallint(),
  /** 1 requested, 2 started, 3 succeeded, 4 failed, 5 deleted. */
  status: positiveSmallint({ standard: 1 }),
  date_requested: time(),
  date_started: when(),
  date_succeeded: when(),
  date_failed: when(),
  date_deleted: when(),
  acting_user_id: user(),
  export_path: text({ nullable: true }),
  sha256sum_hex: varchar(64, { nullable: true }),
  tarball_size_bytes: bigint({ nullable: true }),
  stats: json({ nullable: true }),
});
