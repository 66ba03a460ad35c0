/**
 * Who is in which user group. A group's members are also those of its subgroups, at any depth.
 *
 * @module
 */

import { type RawBuilder, sql } from "kysely";
import { inIds } from "../database/ids.ts";
import type { Database } from "../database/tables.ts";

/** A group with a name, which messages can mention. */
export interface MentionedGroup {
  readonly id: number;
  readonly name: string;
  /** How many active users are in it. */
  readonly members: number;
}

/**
 * The active users in a group, by their ids.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function groupMembers(db: Database, group: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive ${groupsWithin(db, [group])}
    select distinct member.id from within
    join zerver_usergroupmembership as membership on membership.user_group_id = within.group_id
    join zerver_userprofile as member on member.id = membership.user_profile_id and member.is_active
    order by member.id`.execute(db);
  return rows.map(({ id }) => id);
}

/**
 * The group with the fewest active users; of several, the first in the list. Groups that do not exist
 * are left out.
 *
 * @returns `undefined` where none of them exists.
 * @throws {DatabaseError} When the database is lost.
 */
export async function smallestGroup(
  db: Database,
  groups: readonly number[],
): Promise<MentionedGroup | undefined> {
  if (groups.length === 0) return undefined;
  const { rows } = await sql<{ id: number; name: string; members: number | bigint }>`
    with recursive ${groupsWithin(db, groups)}
    select named.usergroup_ptr_id as id, named.name, count(distinct member.id) as members
    from within
    join zerver_namedusergroup as named on named.usergroup_ptr_id = within.root
    left join zerver_usergroupmembership as membership
      on membership.user_group_id = within.group_id
    left join zerver_userprofile as member
      on member.id = membership.user_profile_id and member.is_active
    group by named.usergroup_ptr_id, named.name`.execute(db);
  const found = rows.map((row) => ({ ...row, members: Number(row.members) }));
  const place = ({ id }: MentionedGroup) => groups.indexOf(id);
  return found.sort((a, b) => a.members - b.members || place(a) - place(b))[0];
}

/**
 * Whether a user, active or not, is in a group.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function isInGroup(db: Database, user: number, group: number): Promise<boolean> {
  return (await groupsOfUser(db, user)).has(group);
}

/**
 * All groups that a user, active or not, is in.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function groupsOfUser(db: Database, user: number): Promise<Set<number>> {
  const { rows } = await sql<{ group_id: number }>`
    with recursive around(group_id) as (
      select user_group_id from zerver_usergroupmembership where user_profile_id = ${user}
      union
      select supergroup_id from zerver_groupgroupmembership
      join around on around.group_id = subgroup_id)
    select group_id from around`.execute(db);
  return new Set(rows.map(({ group_id }) => Number(group_id)));
}

/** The table `within`: each of some groups, `root`, with the groups in it, itself among them. */
function groupsWithin(db: Database, groups: readonly number[]): RawBuilder<unknown> {
  return sql`within(root, group_id) as (
    select id, id from zerver_usergroup where ${inIds(db, "zerver_usergroup.id", groups)}
    union
    select within.root, subgroup_id from zerver_groupgroupmembership
    join within on within.group_id = supergroup_id)`;
}
