/**
 * Zulip's organizations.
 *
 * @module
 */

import {
  boolean,
  id,
  integer,
  positiveSmallint,
  smallint,
  text,
  time,
  to,
  uuid,
  varchar,
} from "./column.ts";
import { SETTINGS } from "./settings.ts";
import { table } from "./table.ts";

const off = () => boolean({ standard: false });
const on = () => boolean({ standard: true });
const group = () => to("zerver_usergroup");
const channel = () => to("zerver_stream", { nullable: true });

/** The groups whose members may do something. */
const PERMISSIONS = {
  can_access_all_users_group_id: group(),
  can_add_custom_emoji_group_id: group(),
  can_add_subscribers_group_id: group(),
  can_create_bots_group_id: group(),
  can_create_groups_id: group(),
  can_create_private_channel_group_id: group(),
  can_create_public_channel_group_id: group(),
  can_create_web_public_channel_group_id: group(),
  can_create_write_only_bots_group_id: group(),
  can_delete_any_message_group_id: group(),
  can_delete_own_message_group_id: group(),
  can_invite_users_group_id: group(),
  can_manage_all_groups_id: group(),
  can_manage_billing_group_id: group(),
  can_mention_many_users_group_id: group(),
  can_move_messages_between_channels_group_id: group(),
  can_move_messages_between_topics_group_id: group(),
  can_resolve_topics_group_id: group(),
  can_set_delete_message_policy_group_id: group(),
  can_set_topics_policy_group_id: group(),
  can_summarize_topics_group_id: group(),
  create_multiuse_invite_group_id: group(),
  direct_message_initiator_group_id: group(),
  direct_message_permission_group_id: group(),
};

/** The realm of the system's bots has the `string_id` zulipinternal. */
export const realm = table("zerver_realm", {
  id: id("integer"),
  name: varchar(40),
  description: text({ standard: "" }),
  string_id: varchar(40, { unique: true }),
  uuid: uuid({ unique: true }),
  uuid_owner_secret: text(),
  push_notifications_enabled: boolean({ standard: false, index: true }),
  push_notifications_enabled_end_timestamp: time({ nullable: true }),
  require_e2ee_push_notifications: boolean({ databaseDefault: false }),
  date_created: time(),
  scheduled_deletion_date: time({ nullable: true, index: true }),
  demo_organization_scheduled_deletion_date: time({ nullable: true }),
  deactivated: off(),
  deactivated_redirect: varchar(128, { nullable: true }),
  emails_restricted_to_domains: off(),
  invite_required: on(),
  max_invites: integer({ nullable: true }),
  disallow_disposable_email_addresses: on(),
  inline_image_preview: on(),
  inline_url_embed_preview: off(),
  digest_emails_enabled: off(),
  /** From 0, a Monday. */
  digest_weekday: smallint({ standard: 1 }),
  send_welcome_emails: on(),
  message_content_allowed_in_email_notifications: on(),
  owner_full_content_access: boolean({ databaseDefault: false }),
  name_changes_disabled: off(),
  email_changes_disabled: off(),
  avatar_changes_disabled: off(),
  default_language: varchar(50, { standard: "en" }),
  /** -1 keeps messages for ever. */
  message_retention_days: integer({ standard: -1 }),
  first_visible_message_id: integer({ standard: 0 }),
  message_visibility_limit: integer({ nullable: true }),
  org_type: positiveSmallint({ standard: 0 }),
  /** 1 is self-hosted. */
  plan_type: positiveSmallint({ standard: 1 }),
  icon_source: varchar(1, { standard: "G" }),
  icon_version: positiveSmallint({ standard: 1 }),
  logo_source: varchar(1, { standard: "D" }),
  logo_version: positiveSmallint({ standard: 1 }),
  moderation_request_channel_id: channel(),
  new_stream_announcements_stream_id: channel(),
  signup_announcements_stream_id: channel(),
  zulip_update_announcements_stream_id: channel(),
  ...PERMISSIONS,
});

/** The settings of new users. */
export const realmUserDefault = table("zerver_realmuserdefault", {
  id: id(),
  realm_id: to("zerver_realm", { unique: true }),
  ...SETTINGS,
});
