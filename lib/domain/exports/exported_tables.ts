/**
 * What an export has of each table. Every table and every column is named here, also those that no
 * export has.
 *
 * @module
 */

import { sql, type SqlBool } from "kysely";
import { RECIPIENT } from "../database/codes.ts";
import { CHANNEL, MESSAGE, REALM, SETTINGS, USER, USER_PRIVATE, USER_SECRET } from "./columns.ts";
import type { Condition, Scope } from "./scope.ts";

/** What an export has of a table. */
export interface ExportedTable {
  /** The table's name in the database, and its file's. */
  readonly name: string;
  /** The name of the primary key, by which its rows are in order. @default {"id"} */
  readonly key?: string;
  /** Columns that every export has. */
  readonly shared: readonly string[];
  /** Columns that an export has only of users whose private data it has. */
  readonly private?: { readonly of: string; readonly columns: readonly string[] };
  /** Columns that no export has: secrets, and what PostgreSQL calculates. */
  readonly never?: readonly string[];
  /** Which rows, with the table's own name for its columns; `undefined`: none. */
  rows(scope: Scope): Condition | undefined;
}

/** A column of a user, in tables whose rows are a user's own. */
function own(column: string): (scope: Scope) => Condition | undefined {
  return (scope) =>
    scope.type === "public" ? undefined : sql<SqlBool>`${sql.ref(column)} in (${scope.private})`;
}

const words = (list: string) => list.split(" ");
const inRealm = ({ realm }: Scope): Condition => sql<SqlBool>`realm_id = ${realm}`;
const COUNT = "id property subgroup end_time value realm_id";

/** The tables of an export, in the order in which it has them. */
export const EXPORTED: readonly ExportedTable[] = [
  {
    name: "zerver_realm",
    shared: words(REALM),
    never: ["uuid_owner_secret"],
    rows: ({ realm }) => sql<SqlBool>`id = ${realm}`,
  },
  {
    name: "zerver_realmuserdefault",
    shared: ["id", "realm_id", ...words(SETTINGS)],
    rows: inRealm,
  },
  {
    name: "zerver_userprofile",
    shared: words(USER),
    private: { of: "id", columns: [...words(USER_PRIVATE), ...words(SETTINGS)] },
    never: words(USER_SECRET),
    rows: inRealm,
  },
  { name: "zerver_usergroup", shared: ["id", "realm_id"], rows: inRealm },
  {
    name: "zerver_namedusergroup",
    key: "usergroup_ptr_id",
    shared: words(
      "usergroup_ptr_id name description date_created creator_id is_system_group " +
        "can_add_members_group_id can_join_group_id can_leave_group_id can_manage_group_id " +
        "can_mention_group_id can_remove_members_group_id realm_id deactivated",
    ),
    rows: inRealm,
  },
  {
    name: "zerver_usergroupmembership",
    shared: words("id user_group_id user_profile_id"),
    rows: ({ users }) => sql<SqlBool>`user_profile_id in (${users})`,
  },
  {
    name: "zerver_groupgroupmembership",
    shared: words("id supergroup_id subgroup_id"),
    rows: ({ realm }) =>
      sql<
        SqlBool
      >`supergroup_id in (select g.id from zerver_usergroup g where g.realm_id = ${realm})`,
  },
  {
    name: "zerver_stream",
    shared: words(CHANNEL),
    rows: ({ channels }) => sql<SqlBool>`id in (${channels})`,
  },
  {
    name: "zerver_recipient",
    shared: words("id type_id type"),
    rows: ({ recipients }) => sql<SqlBool>`id in (${recipients})`,
  },
  {
    name: "zerver_huddle",
    shared: words("id huddle_hash group_size recipient_id"),
    rows: ({ recipients }) =>
      sql<SqlBool>`id in (select r.type_id from zerver_recipient r
        where r.type = ${sql.lit(RECIPIENT.group)} and r.id in (${recipients}))`,
  },
  {
    name: "zerver_subscription",
    shared: words("id user_profile_id recipient_id active is_user_active"),
    private: {
      of: "user_profile_id",
      columns: words(
        "is_muted color pin_to_top desktop_notifications audible_notifications " +
          "push_notifications email_notifications wildcard_mentions_notify",
      ),
    },
    rows: ({ recipients, users }) =>
      sql<SqlBool>`recipient_id in (${recipients}) and user_profile_id in (${users})`,
  },
  {
    name: "zerver_client",
    shared: ["id", "name"],
    rows: (scope) =>
      sql<SqlBool>`exists (select 1 from zerver_message m
        where m.sending_client_id = zerver_client.id and ${scope.message("m")})`,
  },
  {
    name: "zerver_message",
    shared: words(MESSAGE),
    never: ["search_tsvector"],
    rows: (scope) => scope.message("zerver_message"),
  },
  {
    name: "zerver_usermessage",
    shared: words("id user_profile_id flags message_id"),
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_reaction",
    shared: words("id user_profile_id message_id emoji_name reaction_type emoji_code"),
    rows: (scope) => scope.messageOf("zerver_reaction.message_id"),
  },
  {
    name: "zerver_submessage",
    shared: words("id message_id sender_id msg_type content"),
    rows: (scope) => scope.messageOf("zerver_submessage.message_id"),
  },
  {
    name: "zerver_attachment",
    shared: words(
      "id file_name path_id owner_id realm_id create_time size content_type is_realm_public " +
        "is_web_public",
    ),
    rows: attachments,
  },
  {
    name: "zerver_attachment_messages",
    shared: words("id attachment_id message_id"),
    rows: (scope) => scope.messageOf("zerver_attachment_messages.message_id"),
  },
  {
    name: "zerver_usertopic",
    shared: words(
      "id user_profile_id stream_id recipient_id topic_name last_updated visibility_policy",
    ),
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_muteduser",
    shared: words("id user_profile_id muted_user_id date_muted"),
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_useractivity",
    shared: words("id user_profile_id client_id query count last_visit"),
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_useractivityinterval",
    shared: words("id user_profile_id start end"),
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_userpresence",
    shared: words(
      "id user_profile_id realm_id last_update_id last_connected_time last_active_time",
    ),
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_service",
    shared: words("id name user_profile_id interface"),
    never: ["base_url", "token"],
    rows: own("user_profile_id"),
  },
  {
    name: "zerver_botstoragedata",
    shared: words("id bot_profile_id key value"),
    rows: own("bot_profile_id"),
  },
  {
    name: "zerver_botconfigdata",
    shared: words("id bot_profile_id key"),
    never: ["value"],
    rows: own("bot_profile_id"),
  },
  {
    name: "zerver_realmauditlog",
    shared: words(
      "id event_time backfilled extra_data event_type realm_id acting_user_id modified_user_id " +
        "modified_stream_id modified_user_group_id modified_channel_folder_id " +
        "event_last_message_id scrubbed",
    ),
    rows: auditLog,
  },
  {
    name: "analytics_realmcount",
    shared: words(COUNT),
    rows: (scope) => scope.type === "public" ? undefined : inRealm(scope),
  },
  {
    name: "analytics_streamcount",
    shared: [...words(COUNT), "stream_id"],
    rows: ({ type, channels }) =>
      type === "public" ? undefined : sql<SqlBool>`stream_id in (${channels})`,
  },
  {
    name: "analytics_usercount",
    shared: [...words(COUNT), "user_id"],
    rows: own("user_id"),
  },
];

/** Files that messages of the export have; and those of users whose private data it has. */
function attachments(scope: Scope): Condition {
  if (scope.type === "full") return inRealm(scope);
  const shown = sql`exists (select 1 from zerver_attachment_messages a
    join zerver_message m on m.id = a.message_id
    where a.attachment_id = zerver_attachment.id and ${scope.message("m")})`;
  return sql<SqlBool>`realm_id = ${scope.realm}
    and (${shown} or owner_id in (${scope.private}))`;
}

/** What was changed by, and for, users whose private data the export has. */
function auditLog(scope: Scope): Condition | undefined {
  if (scope.type === "public") return undefined;
  if (scope.type === "full") return inRealm(scope);
  return sql<SqlBool>`realm_id = ${scope.realm} and modified_user_id in (${scope.private})
    and (acting_user_id is null or acting_user_id in (${scope.private}))`;
}

/** The tables that no export has, and why. */
export const NOT_EXPORTED: Readonly<Record<string, string>> = {
  zerver_channelemailaddress: "addresses by which anybody could write to a channel",
  zerver_missedmessageemailaddress: "addresses by which anybody could write as a user",
  confirmation_confirmation: "keys of links",
  zerver_pushdevicetoken: "tokens of devices",
  zerver_pushdevice: "keys of devices",
  zerver_device: "keys of devices",
  zerver_scheduledemail: "mails that wait, with links for their readers only",
  zerver_scheduledemail_users: "belongs to zerver_scheduledemail",
  zerver_scheduledmessagenotificationemail: "mails that wait",
  zerver_emailchangestatus: "addresses that were not confirmed",
  zerver_preregistrationrealm: "belongs to no realm",
  zerver_presencesequence: "of use to the running server only",
  zerver_imageattachment: "can be made again from the files",
  zerver_archivetransaction: "what was deleted",
  zerver_archivedmessage: "what was deleted",
  zerver_archivedusermessage: "what was deleted",
  zerver_archivedattachment: "what was deleted",
  zerver_archivedattachment_messages: "what was deleted",
  zerver_realmexport: "the exports themselves",
  analytics_installationcount: "belongs to no realm",
};
