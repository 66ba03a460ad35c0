/**
 * The settings of a user, and of the new users of a realm: the same columns of two tables.
 *
 * @module
 */

import { boolean, integer, smallint, text, varchar } from "./column.ts";

const off = () => boolean({ standard: false });
const on = () => boolean({ standard: true });
const choice = (standard: number) => smallint({ standard });

const DISPLAY = {
  enter_sends: off(),
  left_side_userlist: off(),
  default_language: varchar(50, { standard: "en" }),
  web_home_view: text({ standard: "inbox" }),
  web_escape_navigates_to_home_view: on(),
  fluid_layout_width: off(),
  high_contrast_mode: off(),
  translate_emoticons: off(),
  display_emoji_reaction_users: on(),
  twenty_four_hour_time: off(),
  starred_message_counts: on(),
  web_suggest_update_timezone: on(),
  color_scheme: choice(1),
  web_font_size_px: choice(16),
  web_line_height_percent: choice(140),
  web_animate_image_previews: text({ standard: "on_hover" }),
  demote_inactive_streams: choice(1),
  web_left_sidebar_show_channel_folders: boolean({ databaseDefault: true }),
  web_mark_read_on_scroll_policy: choice(1),
  web_channel_default_view: smallint({ databaseDefault: 1 }),
  emojiset: varchar(20, { standard: "google" }),
  user_list_style: choice(3),
  web_stream_unreads_count_display_policy: choice(2),
  web_left_sidebar_unreads_count_summary: boolean({ databaseDefault: true }),
  web_navigate_to_sent_message: on(),
  web_inbox_show_channel_folders: boolean({ databaseDefault: true }),
};

const NOTIFICATIONS = {
  /** Seconds for which messages are gathered before they are mailed. */
  email_notifications_batching_period_seconds: integer({ standard: 120 }),
  enable_stream_desktop_notifications: off(),
  enable_stream_email_notifications: off(),
  enable_stream_push_notifications: off(),
  enable_stream_audible_notifications: off(),
  notification_sound: varchar(20, { standard: "zulip" }),
  wildcard_mentions_notify: on(),
  enable_followed_topic_desktop_notifications: on(),
  enable_followed_topic_email_notifications: on(),
  enable_followed_topic_push_notifications: on(),
  enable_followed_topic_audible_notifications: on(),
  enable_followed_topic_wildcard_mentions_notify: on(),
  enable_desktop_notifications: on(),
  pm_content_in_desktop_notifications: on(),
  enable_sounds: on(),
  enable_offline_email_notifications: on(),
  message_content_in_email_notifications: on(),
  enable_offline_push_notifications: on(),
  enable_online_push_notifications: on(),
  desktop_icon_count_display: choice(1),
  enable_digest_emails: on(),
  enable_login_emails: on(),
  enable_marketing_emails: on(),
  presence_enabled: on(),
  /** 1 automatic, 2 always, 3 never. */
  realm_name_in_email_notifications_policy: choice(1),
};

const TOPICS_AND_PRIVACY = {
  /** 1 participation, 2 sending, 3 initiation, 4 never. */
  automatically_follow_topics_policy: choice(3),
  automatically_unmute_topics_in_muted_streams_policy: choice(2),
  automatically_follow_topics_where_mentioned: on(),
  /** 1 always, 2 except where followed, 3 never. */
  resolved_topic_notice_auto_read_policy: smallint({ databaseDefault: 2 }),
  enable_drafts_synchronization: on(),
  send_stream_typing_notifications: on(),
  send_private_typing_notifications: on(),
  send_read_receipts: on(),
  allow_private_data_export: off(),
  receives_typing_notifications: on(),
  /** 1 everyone, 2 members, 3 administrators, 4 nobody, 5 moderators. */
  email_address_visibility: choice(1),
  hide_ai_features: off(),
};

/** The columns of `zerver_userprofile` and `zerver_realmuserdefault`. */
export const SETTINGS = { ...DISPLAY, ...NOTIFICATIONS, ...TOPICS_AND_PRIVACY };
