/**
 * User groups, whose members are users and other groups.
 *
 * @module
 */

import { boolean, id, text, time, to, varchar } from "./column.ts";
import { table } from "./table.ts";

const group = () => to("zerver_usergroup");

/** A group, with a name or of one setting only. */
export const userGroup = table("zerver_usergroup", {
  id: id(),
  realm_id: to("zerver_realm"),
});

/** The name of a group; those of the system's groups begin with `role:`. */
export const namedUserGroup = table("zerver_namedusergroup", {
  usergroup_ptr_id: to("zerver_usergroup"),
  name: varchar(100, { index: true }),
  description: text({ standard: "" }),
  date_created: time({ nullable: true }),
  creator_id: to("zerver_userprofile", { nullable: true }),
  is_system_group: boolean({ standard: false }),
  can_add_members_group_id: group(),
  can_join_group_id: group(),
  can_leave_group_id: group(),
  can_manage_group_id: group(),
  can_mention_group_id: group(),
  can_remove_members_group_id: group(),
  realm_id: to("zerver_realm"),
  deactivated: boolean({ databaseDefault: false }),
}, { primaryKey: ["usergroup_ptr_id"], unique: [["realm_id", "name"]] });

/** The users who are in a group themselves. */
export const userGroupMembership = table("zerver_usergroupmembership", {
  id: id(),
  user_group_id: group(),
  user_profile_id: to("zerver_userprofile"),
}, { unique: [["user_group_id", "user_profile_id"]] });

/** The groups whose members are in a group. */
export const groupGroupMembership = table("zerver_groupgroupmembership", {
  id: id(),
  supergroup_id: group(),
  subgroup_id: group(),
}, {
  unique: [{ name: "zerver_groupgroupmembership_uniq", columns: ["supergroup_id", "subgroup_id"] }],
});
