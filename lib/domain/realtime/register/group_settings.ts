/**
 * The groups that may do something, as clients get them.
 *
 * @module
 */

import { inIds } from "../../database/ids.ts";
import type { Database } from "../../database/tables.ts";

/** A group with a name by its id; one that is of a single setting, by its members. */
export type GroupSetting =
  | number
  | { readonly direct_members: readonly number[]; readonly direct_subgroups: readonly number[] };

/** What is known of groups. */
export interface GroupSettings {
  /** A group as clients get it. */
  settingOf(group: number): GroupSetting;
  /** The name of a group; `undefined` where it is of a single setting. */
  nameOf(group: number): string | undefined;
}

/**
 * Looks up groups, by three queries.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function groupSettings(
  db: Database,
  groups: readonly number[],
): Promise<GroupSettings> {
  const ids = [...new Set(groups)];
  const named = await db.selectFrom("zerver_namedusergroup").select(["usergroup_ptr_id", "name"])
    .where(inIds(db, "usergroup_ptr_id", ids)).execute();
  const names = new Map(named.map(({ usergroup_ptr_id, name }) => [usergroup_ptr_id, name]));
  const single = ids.filter((id) => !names.has(id));
  const members = await membersOf(db, single);
  const subgroups = await subgroupsOf(db, single);
  return {
    settingOf: (group) =>
      names.has(group) ? group : {
        direct_members: members.get(group) ?? [],
        direct_subgroups: subgroups.get(group) ?? [],
      },
    nameOf: (group) => names.get(group),
  };
}

async function membersOf(db: Database, groups: readonly number[]): Promise<Map<number, number[]>> {
  const rows = await db.selectFrom("zerver_usergroupmembership")
    .select(["user_group_id as group", "user_profile_id as id"])
    .where(inIds(db, "user_group_id", groups)).orderBy("id").execute();
  return listed(rows);
}

async function subgroupsOf(
  db: Database,
  groups: readonly number[],
): Promise<Map<number, number[]>> {
  const rows = await db.selectFrom("zerver_groupgroupmembership")
    .select(["supergroup_id as group", "subgroup_id as id"])
    .where(inIds(db, "supergroup_id", groups)).orderBy("id").execute();
  return listed(rows);
}

function listed(rows: readonly { group: number; id: number }[]): Map<number, number[]> {
  const groups = Map.groupBy(rows, ({ group }) => group);
  return new Map([...groups].map(([group, found]) => [group, found.map(({ id }) => id)]));
}
