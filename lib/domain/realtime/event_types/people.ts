/**
 * Events about people, bots, groups and presence, as clients get them.
 *
 * @module
 */

import { z } from "zod";
import {
  changed,
  flag,
  group,
  id,
  ids,
  list,
  object,
  type Schemas,
  seconds,
  text,
} from "./shapes.ts";

const modern = object({ active_timestamp: seconds, idle_timestamp: seconds });
const legacy = z.record(text, object({ status: text, timestamp: seconds }));
const presence = { user_id: id, server_timestamp: seconds, presence: legacy };

const person = object({
  user_id: id,
  email: text,
  delivery_email: text.nullish(),
  avatar_url: text.nullable(),
  avatar_version: id,
  full_name: text,
  is_admin: flag,
  is_owner: flag,
  is_guest: flag,
  is_bot: flag,
  role: id,
  is_active: flag,
  timezone: text,
  date_joined: text,
});

const changedPerson = changed({ user_id: id }, {
  avatar_url: text.nullable(),
  bot_owner_id: id.nullable(),
  custom_profile_field: object({ id, value: text.nullable() }),
  delivery_email: text.nullable(),
  new_email: text,
  full_name: text,
  role: id,
  timezone: text,
  is_active: flag,
  is_imported_stub: flag,
});

const bot = object({
  user_id: id,
  api_key: text,
  avatar_url: text.nullable(),
  bot_type: id,
  email: text,
  full_name: text,
  is_active: flag,
  owner_id: id.nullable(),
  services: list(object({})),
});

const userGroup = object({
  id,
  name: text,
  description: text,
  creator_id: id.nullable(),
  date_created: seconds.nullable(),
  members: ids,
  direct_subgroup_ids: ids,
  is_system_group: flag,
  can_add_members_group: group,
  can_join_group: group,
  can_leave_group: group,
  can_manage_group: group,
  can_mention_group: group,
  can_remove_members_group: group,
  deactivated: flag,
});

const members = object({ group_id: id, user_ids: ids });
const subgroups = object({ group_id: id, direct_subgroup_ids: ids });

/** Events about people, bots, groups and presence. */
export const PEOPLE_EVENTS: Schemas = {
  presence: z.union([
    object({ presences: z.record(text, modern) }),
    object({ ...presence, email: text.optional() }),
  ]),
  "realm_user add": object({ person }),
  "realm_user remove": object({ person: object({ user_id: id, full_name: text }) }),
  "realm_user update": object({ person: changedPerson }),
  "realm_bot add": object({ bot }),
  "realm_bot update": object({ bot: object({ user_id: id }) }),
  "realm_bot delete": object({ bot: object({ user_id: id }) }),
  "user_group add": object({ group: userGroup }),
  "user_group update": object({ group_id: id, data: object({}) }),
  "user_group remove": object({ group_id: id }),
  "user_group add_members": members,
  "user_group remove_members": members,
  "user_group add_subgroups": subgroups,
  "user_group remove_subgroups": subgroups,
  user_status: object({
    user_id: id,
    away: flag.optional(),
    status_text: text.optional(),
    emoji_name: text.optional(),
    emoji_code: text.optional(),
    reaction_type: text.optional(),
  }),
};
