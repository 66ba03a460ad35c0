/**
 * Users and bots, and whom they muted.
 *
 * @module
 */

import {
  boolean,
  id,
  integer,
  json,
  positiveSmallint,
  smallint,
  time,
  to,
  uuid,
  varchar,
} from "./column.ts";
import { SETTINGS } from "./settings.ts";
import { table } from "./table.ts";

const off = () => boolean({ standard: false });
const indexedOff = () => boolean({ standard: false, index: true });

/** A user or bot of one realm. */
export const userProfile = table("zerver_userprofile", {
  id: id("integer"),
  password: varchar(128, { standard: "" }),
  last_login: time({ nullable: true }),
  is_superuser: off(),
  delivery_email: varchar(254, { index: true }),
  /** The delivery address, or `user{id}@…` where that is hidden. */
  email: varchar(254, { index: true }),
  realm_id: to("zerver_realm"),
  /** Gone in newer servers, which have a DM group for two users: see `shape.ts`. */
  recipient_id: to("zerver_recipient", { nullable: true }),
  full_name: varchar(100),
  date_joined: time(),
  tos_version: varchar(10, { nullable: true }),
  api_key: varchar(32, { unique: true }),
  uuid: uuid({ unique: true }),
  is_staff: off(),
  is_active: boolean({ standard: true, index: true }),
  is_bot: indexedOff(),
  /** 1 default, 2 incoming webhook, 3 outgoing webhook, 4 embedded. */
  bot_type: positiveSmallint({ nullable: true, index: true }),
  bot_owner_id: to("zerver_userprofile", { nullable: true }),
  /** 100 owner, 200 administrator, 300 moderator, 400 member, 600 guest. */
  role: positiveSmallint({ standard: 400, index: true }),
  long_term_idle: indexedOff(),
  last_active_message_id: integer({ nullable: true }),
  is_mirror_dummy: off(),
  is_imported_stub: off(),
  can_forge_sender: indexedOff(),
  can_create_users: indexedOff(),
  can_change_user_emails: indexedOff(),
  last_reminder: time({ nullable: true }),
  rate_limits: varchar(100, { standard: "" }),
  default_sending_stream_id: to("zerver_stream", { nullable: true }),
  default_events_register_stream_id: to("zerver_stream", { nullable: true }),
  default_all_public_streams: off(),
  /** Of the IANA database; empty where it is not known. */
  timezone: varchar(40, { standard: "" }),
  /** G Gravatar, U uploaded. */
  avatar_source: varchar(1, { standard: "G" }),
  avatar_version: positiveSmallint({ standard: 1 }),
  avatar_hash: varchar(64, { nullable: true }),
  third_party_api_state: json({ databaseDefault: "{}" }),
  /** Only in newer servers: see `shape.ts`. */
  is_deleted: boolean({ databaseDefault: false }),
  ...SETTINGS,
}, {
  indexes: [
    {
      name: "zerver_userprofile_realm_id_email_uniq",
      on: "realm_id, upper(email)",
      unique: true,
    },
    {
      name: "zerver_userprofile_realm_id_delivery_email_uniq",
      on: "realm_id, upper(delivery_email)",
      unique: true,
    },
    { name: "upper_userprofile_email_idx", on: "upper(email)" },
  ],
});

/** Users whom a user does not want to read. */
export const mutedUser = table("zerver_muteduser", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  muted_user_id: to("zerver_userprofile"),
  date_muted: time(),
}, { unique: [["user_profile_id", "muted_user_id"]] });

/** That a user muted, unmuted or follows a topic. */
export const userTopic = table("zerver_usertopic", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  stream_id: to("zerver_stream"),
  recipient_id: to("zerver_recipient"),
  topic_name: varchar(60),
  last_updated: time(),
  /** 1 muted, 2 unmuted, 3 followed; 0, which inherits, is not stored. */
  visibility_policy: smallint({ standard: 1 }),
}, {
  indexes: [
    {
      name: "usertopic_case_insensitive_topic_uniq",
      on: "user_profile_id, stream_id, lower(topic_name)",
      unique: true,
    },
    { name: "zerver_mutedtopic_stream_topic", on: "stream_id, upper(topic_name)" },
    {
      name: "zerver_usertopic_stream_topic_user_visibility_idx",
      on: "stream_id, topic_name, visibility_policy, user_profile_id",
    },
    {
      name: "zerver_usertopic_user_visibility_idx",
      on: "user_profile_id, visibility_policy, stream_id, topic_name",
    },
  ],
});
