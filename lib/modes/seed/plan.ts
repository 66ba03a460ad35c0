/**
 * Everything that a seed inserts: a small company and a museum that tries the server out.
 *
 * @module
 */

import { addIntervals, addPresence } from "./activity.ts";
import { addBots } from "./bots.ts";
import { addConversations, addNamedGroups } from "./channels.ts";
import { addDevices } from "./devices.ts";
import { addChannelAddress, addScheduledMails } from "./mails.ts";
import { addMessages } from "./messages.ts";
import { makeOrganizations, type Seed } from "./organizations.ts";
import { addMutes, addTopics } from "./preferences.ts";
import { addReactions } from "./reactions.ts";
import { SeedRows } from "./rows.ts";

/** What users have beside messages. */
const BESIDE_MESSAGES: readonly ((seed: Seed) => void)[] = [
  addPresence,
  addIntervals,
  addDevices,
  addBots,
  addMutes,
  addTopics,
  addReactions,
  addScheduledMails,
  addChannelAddress,
];

/**
 * The rows, which are the same at each call except for the times.
 *
 * @param now The end of what has happened.
 * @param highest The highest id that each table has already.
 */
export function planSeed(now: Date, highest?: ReadonlyMap<string, number>): SeedRows {
  const rows = new SeedRows(highest);
  const seed = makeOrganizations(rows, now);
  const people = rows.add("zerver_client", { name: "website" });
  rows.add("zerver_client", { name: "ZulipMobile" });
  const bots = rows.add("zerver_client", { name: "ZulipPython" });
  const groups = addNamedGroups(seed);
  const conversations = addConversations(seed);
  addMessages(seed, {
    conversations,
    groups,
    clients: { people, bots },
    membersOf: membersIn(rows),
  });
  for (const add of BESIDE_MESSAGES) add(seed);
  return rows;
}

/** Finds the members of a group, counted through its subgroups. */
function membersIn(rows: SeedRows): (group: number) => ReadonlySet<number> {
  const members = (group: number): number[] => [
    ...rows.of("zerver_usergroupmembership")
      .filter((row) => row.user_group_id === group).map((row) => Number(row.user_profile_id)),
    ...rows.of("zerver_groupgroupmembership")
      .filter((row) => row.supergroup_id === group)
      .flatMap((row) => members(Number(row.subgroup_id))),
  ];
  const known = new Map<number, ReadonlySet<number>>();
  return (group) => {
    const found = known.get(group) ?? new Set(members(group));
    known.set(group, found);
    return found;
  };
}
