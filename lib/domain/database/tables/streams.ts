/**
 * Channels, which the database calls streams, and where messages go.
 *
 * @module
 */

import {
  boolean,
  id,
  integer,
  positiveInteger,
  positiveSmallint,
  text,
  time,
  to,
  varchar,
} from "./column.ts";
import { table } from "./table.ts";

const group = () => to("zerver_usergroup");

/** A channel. It is public unless `invite_only`, or without its history for subscribers. */
export const stream = table("zerver_stream", {
  id: id(),
  name: varchar(60, { index: true }),
  realm_id: to("zerver_realm"),
  date_created: time(),
  creator_id: to("zerver_userprofile", { nullable: true }),
  deactivated: boolean({ standard: false }),
  description: varchar(1024, { standard: "" }),
  rendered_description: text({ standard: "" }),
  subscriber_count: positiveInteger({ databaseDefault: 0 }),
  recipient_id: to("zerver_recipient", { nullable: true }),
  folder_id: to("zerver_channelfolder", { nullable: true }),
  invite_only: boolean({ standard: false }),
  history_public_to_subscribers: boolean({ standard: true }),
  is_web_public: boolean({ standard: false }),
  message_retention_days: integer({ nullable: true }),
  first_message_id: integer({ nullable: true, index: true }),
  is_recently_active: boolean({ databaseDefault: true }),
  /** 1 as the realm's, 2 also an empty topic, 3 no empty topic, 4 only the empty topic. */
  topics_policy: positiveSmallint({ standard: 1 }),
  can_add_subscribers_group_id: group(),
  can_administer_channel_group_id: group(),
  can_create_topic_group_id: group(),
  can_delete_any_message_group_id: group(),
  can_delete_own_message_group_id: group(),
  can_move_messages_out_of_channel_group_id: group(),
  can_move_messages_within_channel_group_id: group(),
  can_remove_subscribers_group_id: group(),
  can_resolve_topics_group_id: group(),
  can_send_message_group_id: group(),
  can_subscribe_group_id: group(),
}, {
  indexes: [
    { name: "upper_stream_name_idx", on: "upper(name)" },
    { name: "zerver_stream_realm_id_name_uniq", on: "realm_id, upper(name)", unique: true },
  ],
});

/** The address by which mail reaches a channel. */
export const channelEmailAddress = table("zerver_channelemailaddress", {
  id: id(),
  realm_id: to("zerver_realm"),
  channel_id: to("zerver_stream"),
  creator_id: to("zerver_userprofile", { nullable: true }),
  sender_id: to("zerver_userprofile"),
  /** 32 hexadecimal digits. */
  email_token: varchar(32, { unique: true }),
  date_created: time(),
  deactivated: boolean({ standard: false }),
}, {
  unique: [["channel_id", "creator_id", "sender_id"]],
  indexes: [{
    name: "zerver_channelemailaddress_realm_id_channel_id_idx",
    on: "realm_id, channel_id",
  }],
});

/** Where a message goes. */
export const recipient = table("zerver_recipient", {
  id: id("integer"),
  /** The id of the user, the stream or the DM group. */
  type_id: integer({ index: true }),
  /** 1 a user, 2 a stream, 3 a DM group. */
  type: positiveSmallint({ index: true }),
}, { unique: [["type", "type_id"]] });

/** A DM group. */
export const huddle = table("zerver_huddle", {
  id: id(),
  /** SHA-1, in hexadecimal, of the ids of its users in order, without repeats, with commas. */
  huddle_hash: varchar(40, { unique: true }),
  group_size: integer(),
  recipient_id: to("zerver_recipient", { nullable: true }),
});

/** Who reads a stream or a DM group. A setting that is null is as the user's. */
export const subscription = table("zerver_subscription", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  recipient_id: to("zerver_recipient"),
  active: boolean({ standard: true }),
  /** The user's `is_active`. */
  is_user_active: boolean(),
  is_muted: boolean({ standard: false }),
  color: varchar(10, { standard: "#c2c2c2" }),
  pin_to_top: boolean({ standard: false }),
  desktop_notifications: boolean({ nullable: true }),
  audible_notifications: boolean({ nullable: true }),
  push_notifications: boolean({ nullable: true }),
  email_notifications: boolean({ nullable: true }),
  wildcard_mentions_notify: boolean({ nullable: true }),
}, {
  unique: [["user_profile_id", "recipient_id"]],
  indexes: [{
    name: "zerver_subscription_recipient_id_user_profile_id_idx",
    on: "recipient_id, user_profile_id",
    where: "active and is_user_active",
  }],
});
