/**
 * The channels, groups and conversations of a seed.
 *
 * @module
 */

import { newHuddle, newStream } from "../../domain/database/rows.ts";
import type { NewRow } from "../../domain/database/tables.ts";
import type { RealmKey } from "./accounts.ts";
import {
  type Account,
  accountsOf,
  addGroup,
  contain,
  daysAgo,
  join,
  type Seed,
} from "./organizations.ts";

/** A conversation that messages are sent to. */
export interface Conversation {
  readonly realm: RealmKey;
  /** A channel's name; `undefined` for direct messages. */
  readonly name?: string;
  /** Where the messages go; for two users without a DM group, depends on the sender. */
  readonly recipient: (sender: Account) => number;
  readonly members: readonly Account[];
  /** The topics; none for direct messages. */
  readonly topics: readonly string[];
  /** How many of 100 conversations are in it. */
  readonly share: number;
}

interface ChannelPlan {
  readonly realm: RealmKey;
  readonly name: string;
  readonly subscribers: string;
  readonly topics: readonly string[];
  readonly share: number;
  readonly more?: Partial<NewRow<"zerver_stream">>;
}

const EVERYBODY =
  "ada ben clara daniel emi farid grace hugo kavya liam mona noah olga ines jonas build";

const CHANNELS: readonly ChannelPlan[] = [
  {
    realm: "main",
    name: "general",
    subscribers: EVERYBODY,
    topics: ["", "lunch", "office move", "Summer party"],
    share: 20,
  },
  {
    realm: "main",
    name: "engineering",
    subscribers: "ada ben clara daniel emi kavya liam noah grace build weather tickets",
    topics: ["deploys", "Deploys", "✔ login page", "flaky tests", "search is slow"],
    share: 25,
  },
  {
    realm: "main",
    name: "design",
    subscribers: "clara hugo ines emi olga",
    topics: ["icons", "onboarding & first steps"],
    share: 10,
  },
  {
    realm: "main",
    name: "announcements",
    subscribers: EVERYBODY,
    topics: ["releases"],
    share: 5,
    more: { is_web_public: true },
  },
  {
    realm: "main",
    name: "leadership",
    subscribers: "ada ben daniel",
    topics: ["budget"],
    share: 5,
    more: { invite_only: true },
  },
  {
    realm: "main",
    name: "security",
    subscribers: "ada ben kavya noah",
    topics: ["certificates", "reports"],
    share: 5,
    more: { invite_only: true, history_public_to_subscribers: false },
  },
  {
    realm: "main",
    name: "social",
    subscribers: "ada clara daniel farid hugo ines jonas kavya liam olga",
    topics: ["music", "photos"],
    share: 8,
  },
  {
    realm: "main",
    name: "old project",
    subscribers: "ada ben mona",
    topics: ["plans"],
    share: 0,
    more: { deactivated: true },
  },
  {
    realm: "museum",
    name: "ausstellung",
    subscribers: "petra quinn ada2 sam tove",
    topics: ["Aufbau", "Leihgaben"],
    share: 8,
  },
];

/** Settings of single subscriptions, by channel and user; null is as the user's. */
const SUBSCRIPTIONS: Readonly<Record<string, Partial<NewRow<"zerver_subscription">>>> = {
  "social clara": { is_muted: true },
  "social liam": { is_muted: true, wildcard_mentions_notify: true },
  "engineering emi": { email_notifications: true, push_notifications: true },
  "engineering kavya": { email_notifications: false },
  "general noah": { wildcard_mentions_notify: false, pin_to_top: true, color: "#76ce90" },
};

/** Adds channels with their subscriptions, and DM groups. */
export function addConversations(seed: Seed): Conversation[] {
  return [...CHANNELS.map((plan) => addChannel(seed, plan)), ...addDirect(seed)];
}

function addChannel(seed: Seed, plan: ChannelPlan): Conversation {
  const { rows, now } = seed;
  const { realm, name, topics, share, more } = plan;
  const members = accountsOf(seed, plan.subscribers);
  const stream = rows.nextId("zerver_stream");
  const recipient = rows.add("zerver_recipient", { type: 2, type_id: stream });
  const nobody = seed.groups[realm].get("role:nobody") ?? 0;
  const row = newStream({
    realm_id: seed.realms[realm],
    name,
    recipient_id: recipient,
    date_created: daysAgo(now, 200),
    subscriber_count: members.length,
    group: seed.groups[realm].get("role:everyone") ?? 0,
    ...more,
  });
  // Who may subscribe can read a private channel.
  const closed = { can_subscribe_group_id: nobody, can_add_subscribers_group_id: nobody };
  rows.add("zerver_stream", { ...row, ...closed });
  for (const member of members) subscribe(seed, member, recipient, `${name} ${member.key}`);
  addSubscriptionRecords(seed, members, stream);
  return { realm, name, recipient: () => recipient, members, topics, share };
}

function subscribe({ rows }: Seed, user: Account, recipient_id: number, key = ""): void {
  rows.add("zerver_subscription", {
    user_profile_id: user.id,
    recipient_id,
    is_user_active: user.settings.is_active ?? true,
    ...SUBSCRIPTIONS[key],
  });
}

/** In the log of the realm: 301 is a subscription that was made. */
function addSubscriptionRecords(
  { rows, now }: Seed,
  members: readonly Account[],
  stream: number,
): void {
  for (const { id, realmId } of members) {
    rows.add("zerver_realmauditlog", {
      event_type: 301,
      event_time: daysAgo(now, 190),
      realm_id: realmId,
      modified_user_id: id,
      modified_stream_id: stream,
      event_last_message_id: 0,
    });
  }
}

const DIRECT: readonly [keys: string, share: number][] = [
  ["ada ben", 3],
  ["clara weather", 2],
  ["hugo ines", 2],
  ["ada clara daniel", 3],
  ["ben emi kavya liam", 2],
  ["petra quinn", 2],
];

function addDirect(seed: Seed): Conversation[] {
  const [pair, ...groups] = DIRECT.map(([keys, share]) => ({
    share,
    members: accountsOf(seed, keys),
  }));
  if (!pair) return [];
  const [first, second] = pair.members;
  const personal: Conversation = {
    ...pair,
    realm: "main",
    topics: [],
    recipient: (sender) => (sender === first ? second : first)?.recipient ?? 0,
  };
  return [personal, ...groups.map((group) => addDmGroup(seed, group))];
}

function addDmGroup(
  seed: Seed,
  { members, share }: { readonly members: readonly Account[]; readonly share: number },
): Conversation {
  const { rows } = seed;
  const huddle = rows.nextId("zerver_huddle");
  const recipient = rows.add("zerver_recipient", { type: 3, type_id: huddle });
  const users = members.map(({ id }) => id);
  rows.add("zerver_huddle", { ...newHuddle(users), recipient_id: recipient });
  for (const member of members) subscribe(seed, member, recipient);
  const realm = members[0]?.realm ?? "main";
  return { realm, recipient: () => recipient, members, topics: [], share };
}

/** Adds the groups that users have made: `engineering` has 9 members through its subgroups. */
export function addNamedGroups(seed: Seed): ReadonlyMap<string, number> {
  const { rows, realms } = seed;
  const add = (name: string, keys: string, subgroups: readonly number[] = []) => {
    const group = addGroup(rows, { realm: realms.main, name });
    for (const { id } of accountsOf(seed, keys)) join(rows, group, id);
    for (const subgroup of subgroups) contain(rows, group, subgroup);
    return group;
  };
  const onCall = add("on-call", "emi liam");
  const backend = add("backend", "kavya daniel noah emi", [onCall]);
  const engineering = add("engineering", "ada ben clara grace", [backend]);
  const design = add("design", "hugo ines clara");
  add("staff", "farid olga jonas", [engineering, design]);
  const old = addGroup(rows, { realm: realms.main, name: "old-project", deactivated: true });
  join(rows, old, accountsOf(seed, "ada")[0]?.id ?? 0);
  return new Map(Object.entries({ "on-call": onCall, backend, engineering, design }));
}
