/**
 * Events about an organization and its server, as clients get them.
 *
 * @module
 */

import { z } from "zod";
import { any, flag, id, list, object, type Schemas, seconds, text } from "./shapes.ts";

const domain = object({ domain: text, allow_subdomains: flag });

const emoji = object({
  id: z.union([text, id]),
  name: text,
  source_url: text,
  still_url: text.nullable(),
  deactivated: flag,
  author_id: id.nullable(),
});

const field = object({
  id,
  type: id,
  name: text,
  hint: text,
  field_data: text,
  order: id,
  required: flag,
  editable_by_user: flag,
  display_in_profile_summary: flag.optional(),
});

const export_ = object({
  id,
  export_time: seconds,
  acting_user_id: id,
  export_url: text.nullable(),
  deleted_timestamp: seconds.nullable(),
  failed_timestamp: seconds.nullable(),
  pending: flag,
  export_type: id,
});

/** Events about an organization and its server. */
export const REALM_EVENTS: Schemas = {
  "realm update": object({ property: text, value: any }),
  "realm update_dict": object({
    property: z.enum(["default", "icon", "logo", "night_logo"]),
    data: object({}),
  }),
  "realm deactivated": object({ realm_id: id }),
  "realm_domains add": object({ realm_domain: domain }),
  "realm_domains change": object({ realm_domain: domain }),
  "realm_domains remove": object({ domain: text }),
  "realm_emoji update": object({ realm_emoji: z.record(text, emoji) }),
  realm_export: object({ exports: list(export_) }),
  realm_export_consent: object({ user_id: id, consented: flag }),
  realm_linkifiers: object({
    realm_linkifiers: list(object({ id, pattern: text, url_template: text })),
  }),
  realm_playgrounds: object({
    realm_playgrounds: list(
      object({ id, name: text, pygments_language: text, url_template: text }),
    ),
  }),
  "realm_user_settings_defaults update": object({ property: text, value: any }),
  custom_profile_fields: object({ fields: list(field) }),
  invites_changed: object({}),
  restart: object({
    zulip_version: text,
    zulip_merge_base: text,
    zulip_feature_level: id,
    server_generation: id,
  }),
  web_reload_client: object({ immediate: flag }),
  heartbeat: object({}),
};
