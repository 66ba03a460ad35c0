/**
 * The columns of the tables that have many, listed one by one: a new column is in no export before
 * somebody has decided that it may be.
 *
 * @module
 */

/** Of a realm. */
export const REALM = "id name description string_id uuid push_notifications_enabled " +
  "push_notifications_enabled_end_timestamp require_e2ee_push_notifications " +
  "date_created scheduled_deletion_date demo_organization_scheduled_deletion_date " +
  "deactivated deactivated_redirect emails_restricted_to_domains invite_required " +
  "max_invites disallow_disposable_email_addresses inline_image_preview " +
  "inline_url_embed_preview digest_emails_enabled digest_weekday send_welcome_emails " +
  "message_content_allowed_in_email_notifications owner_full_content_access " +
  "name_changes_disabled email_changes_disabled avatar_changes_disabled " +
  "default_language message_retention_days first_visible_message_id " +
  "message_visibility_limit org_type plan_type icon_source icon_version logo_source " +
  "logo_version moderation_request_channel_id new_stream_announcements_stream_id " +
  "signup_announcements_stream_id zulip_update_announcements_stream_id " +
  "can_access_all_users_group_id can_add_custom_emoji_group_id " +
  "can_add_subscribers_group_id can_create_bots_group_id can_create_groups_id " +
  "can_create_private_channel_group_id can_create_public_channel_group_id " +
  "can_create_web_public_channel_group_id can_create_write_only_bots_group_id " +
  "can_delete_any_message_group_id can_delete_own_message_group_id " +
  "can_invite_users_group_id can_manage_all_groups_id can_manage_billing_group_id " +
  "can_mention_many_users_group_id can_move_messages_between_channels_group_id " +
  "can_move_messages_between_topics_group_id can_resolve_topics_group_id " +
  "can_set_delete_message_policy_group_id can_set_topics_policy_group_id " +
  "can_summarize_topics_group_id create_multiuse_invite_group_id " +
  "direct_message_initiator_group_id direct_message_permission_group_id";

/** What users choose, and realms for new users. */
export const SETTINGS = "enter_sends left_side_userlist default_language web_home_view " +
  "web_escape_navigates_to_home_view fluid_layout_width high_contrast_mode " +
  "translate_emoticons display_emoji_reaction_users twenty_four_hour_time " +
  "starred_message_counts web_suggest_update_timezone color_scheme web_font_size_px " +
  "web_line_height_percent web_animate_image_previews demote_inactive_streams " +
  "web_left_sidebar_show_channel_folders web_mark_read_on_scroll_policy " +
  "web_channel_default_view emojiset user_list_style " +
  "web_stream_unreads_count_display_policy web_left_sidebar_unreads_count_summary " +
  "web_navigate_to_sent_message web_inbox_show_channel_folders " +
  "email_notifications_batching_period_seconds enable_stream_desktop_notifications " +
  "enable_stream_email_notifications enable_stream_push_notifications " +
  "enable_stream_audible_notifications notification_sound wildcard_mentions_notify " +
  "enable_followed_topic_desktop_notifications " +
  "enable_followed_topic_email_notifications enable_followed_topic_push_notifications " +
  "enable_followed_topic_audible_notifications " +
  "enable_followed_topic_wildcard_mentions_notify enable_desktop_notifications " +
  "pm_content_in_desktop_notifications enable_sounds " +
  "enable_offline_email_notifications message_content_in_email_notifications " +
  "enable_offline_push_notifications enable_online_push_notifications " +
  "desktop_icon_count_display enable_digest_emails enable_login_emails " +
  "enable_marketing_emails presence_enabled realm_name_in_email_notifications_policy " +
  "automatically_follow_topics_policy " +
  "automatically_unmute_topics_in_muted_streams_policy " +
  "automatically_follow_topics_where_mentioned resolved_topic_notice_auto_read_policy " +
  "enable_drafts_synchronization send_stream_typing_notifications " +
  "send_private_typing_notifications send_read_receipts allow_private_data_export " +
  "receives_typing_notifications email_address_visibility hide_ai_features";

/** What all members may know of a user. */
export const USER = "id is_superuser email realm_id recipient_id full_name date_joined is_staff " +
  "is_active is_bot bot_type bot_owner_id role is_mirror_dummy is_imported_stub " +
  "can_forge_sender can_create_users can_change_user_emails avatar_source " +
  "avatar_version avatar_hash is_deleted";

/** What a user may keep private, beside the settings. */
export const USER_PRIVATE =
  "last_login delivery_email tos_version long_term_idle last_active_message_id " +
  "last_reminder rate_limits default_sending_stream_id " +
  "default_events_register_stream_id default_all_public_streams timezone";

/** What nobody gets: with these, others could act as the user. */
export const USER_SECRET = "password api_key uuid third_party_api_state";

/** Of a channel. */
export const CHANNEL = "id name realm_id date_created creator_id deactivated description " +
  "rendered_description subscriber_count recipient_id folder_id invite_only " +
  "history_public_to_subscribers is_web_public message_retention_days " +
  "first_message_id is_recently_active topics_policy can_add_subscribers_group_id " +
  "can_administer_channel_group_id can_create_topic_group_id " +
  "can_delete_any_message_group_id can_delete_own_message_group_id " +
  "can_move_messages_out_of_channel_group_id " +
  "can_move_messages_within_channel_group_id can_remove_subscribers_group_id " +
  "can_resolve_topics_group_id can_send_message_group_id can_subscribe_group_id";

/** Of a message. */
export const MESSAGE = "id sender_id recipient_id realm_id type subject content rendered_content " +
  "rendered_content_version date_sent sending_client_id last_edit_time edit_history " +
  "has_attachment has_image has_link is_channel_message";
