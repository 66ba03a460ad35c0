/**
 * Events about channels, subscriptions and topics, as clients get them.
 *
 * @module
 */

import { any, flag, id, ids, list, object, type Schemas, seconds, text } from "./shapes.ts";

const CHANNEL = {
  stream_id: id,
  name: text,
  description: text,
  rendered_description: text,
  date_created: seconds,
  creator_id: id.nullable(),
  first_message_id: id.nullable(),
  invite_only: flag,
  is_web_public: flag,
  history_public_to_subscribers: flag,
  is_announcement_only: flag,
  stream_post_policy: id,
  message_retention_days: id.nullable(),
  is_archived: flag,
};

const channel = object(CHANNEL);

const subscription = object({
  ...CHANNEL,
  color: text,
  is_muted: flag,
  in_home_view: flag,
  pin_to_top: flag,
  audible_notifications: flag.nullable(),
  desktop_notifications: flag.nullable(),
  email_notifications: flag.nullable(),
  push_notifications: flag.nullable(),
  wildcard_mentions_notify: flag.nullable(),
  subscribers: ids.optional(),
});

const folder = object({
  id,
  name: text,
  description: text,
  rendered_description: text,
  date_created: seconds,
  creator_id: id.nullable(),
  is_archived: flag,
});

const peers = object({ stream_ids: ids, user_ids: ids });

/** Events about channels, subscriptions and topics. */
export const CHANNEL_EVENTS: Schemas = {
  "stream create": object({ streams: list(channel) }),
  "stream delete": object({ streams: list(object({ stream_id: id })), stream_ids: ids.optional() }),
  "stream update": object({ stream_id: id, name: text, property: text, value: any }),
  "subscription add": object({ subscriptions: list(subscription) }),
  "subscription remove": object({ subscriptions: list(object({ name: text, stream_id: id })) }),
  "subscription update": object({ stream_id: id, property: text, value: any }),
  "subscription peer_add": peers,
  "subscription peer_remove": peers,
  "channel_folder add": object({ channel_folder: folder }),
  "channel_folder update": object({ channel_folder_id: id, data: object({}) }),
  "channel_folder reorder": object({ order: ids }),
  default_streams: object({ default_streams: ids }),
  default_stream_groups: object({
    default_stream_groups: list(object({ id, name: text, description: text, streams: list(any) })),
  }),
  user_topic: object({
    stream_id: id,
    topic_name: text,
    last_updated: seconds,
    visibility_policy: id,
  }),
  muted_topics: object({ muted_topics: list(list(any)) }),
};
