/**
 * The channels of the client's realm, and which of them its user is subscribed to.
 *
 * @module
 */

import { RECIPIENT } from "../../database/codes.ts";
import { inIds } from "../../database/ids.ts";
import type { Row } from "../../database/tables.ts";
import { stream as channelTable } from "../../database/tables/streams.ts";
import { type GroupSettings, groupSettings } from "./group_settings.ts";
import { secondsOf, type StatePart, type StateQuery } from "./state_query.ts";

const ADMINISTRATOR = 200;
/** Zulip's names for `topics_policy`, from 1. */
const TOPICS_POLICIES = [
  "inherit",
  "allow_empty_topic",
  "disable_empty_topic",
  "empty_topic_only",
];
/** Zulip's older `stream_post_policy`, by the group that may send. */
const POST_POLICIES: Readonly<Record<string, number>> = {
  "role:administrators": 2,
  "role:fullmembers": 3,
  "role:moderators": 4,
};
const ADMINISTRATORS_POST = 2;

/** Settings of a subscription that are as the user's where they are null. */
const AS_THE_USERS = [
  ["desktop_notifications", "enable_stream_desktop_notifications"],
  ["audible_notifications", "enable_stream_audible_notifications"],
  ["push_notifications", "enable_stream_push_notifications"],
  ["email_notifications", "enable_stream_email_notifications"],
  ["wildcard_mentions_notify", "wildcard_mentions_notify"],
] as const;

/** What decides whether a user learns of a channel. */
export interface SeenChannel {
  readonly isGuest: boolean;
  readonly isAdministrator: boolean;
  readonly isPrivate: boolean;
  readonly isWebPublic: boolean;
  readonly isSubscribed: boolean;
}

/** Whether a user learns that a channel exists. */
export function seesChannel(channel: SeenChannel): boolean {
  if (channel.isSubscribed || channel.isWebPublic) return true;
  return !channel.isGuest && (!channel.isPrivate || channel.isAdministrator);
}

type ChannelRow = Row<"zerver_stream">;
/** A server's table has more columns than these. */
const CHANNEL_COLUMNS = Object.keys(channelTable.columns) as (keyof ChannelRow)[];
type Channel = ReturnType<typeof channelOf>;

/** The channels that a user sees. */
interface Seen {
  readonly rows: readonly ChannelRow[];
  readonly channels: ReadonlyMap<number, Channel>;
  readonly subscriptions: ReadonlyMap<number, SubscriptionRow>;
}

/** The part `stream`. @throws {DatabaseError} When the database is lost. */
export async function streams(query: StateQuery): Promise<StatePart> {
  const { channels } = await seenChannels(query);
  return { streams: [...channels.values()] };
}

/** The part `subscription`. @throws {DatabaseError} When the database is lost. */
export async function subscriptions(query: StateQuery): Promise<StatePart> {
  const { rows, channels, subscriptions } = await seenChannels(query);
  const subscribers = await subscribersOf(query, rows);
  const defaults = await userDefaults(query);
  const shown = (isIn: (row: SubscriptionRow | undefined) => boolean) =>
    rows.filter(({ id }) => isIn(subscriptions.get(id))).map(({ id }) => ({
      ...channels.get(id),
      ...settingsOf(subscriptions.get(id), defaults),
      ...(subscribers && { subscribers: subscribers.get(id) ?? [] }),
    }));
  return {
    subscriptions: shown((row) => row?.active === true),
    unsubscribed: shown((row) => row?.active === false),
    never_subscribed: query.user.isGuest ? [] : shown((row) => row === undefined),
  };
}

async function seenChannels(query: StateQuery): Promise<Seen> {
  const { db, user, registration: { capabilities } } = query;
  const all = await db.selectFrom("zerver_stream").select(CHANNEL_COLUMNS)
    .where("realm_id", "=", user.realmId).orderBy("id").execute();
  const subscriptions = await subscriptionsOf(query);
  const rows = all.filter((row) => {
    if (row.deactivated && !capabilities.has("archived_channels")) return false;
    return seesChannel({
      ...{ isGuest: user.isGuest, isAdministrator: user.role <= ADMINISTRATOR },
      ...{ isPrivate: row.invite_only, isWebPublic: row.is_web_public },
      isSubscribed: subscriptions.get(row.id)?.active === true,
    });
  });
  const groups = await groupSettings(db, rows.flatMap((row) => Object.values(groupsOf(row))));
  const channels = new Map(rows.map((row) => [row.id, channelOf(row, groups)]));
  return { rows, channels, subscriptions };
}

type SubscriptionRow = Awaited<ReturnType<typeof subscriptionRows>>[number];

async function subscriptionRows({ db, user }: StateQuery) {
  return await db.selectFrom("zerver_subscription as subscription")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "subscription.recipient_id")
    .select([
      "recipient.type_id as stream",
      "subscription.active",
      "subscription.is_muted",
      "subscription.color",
      "subscription.pin_to_top",
      "subscription.desktop_notifications",
      "subscription.audible_notifications",
      "subscription.push_notifications",
      "subscription.email_notifications",
      "subscription.wildcard_mentions_notify",
    ])
    .where("subscription.user_profile_id", "=", user.id)
    .where("recipient.type", "=", RECIPIENT.stream).execute();
}

async function subscriptionsOf(query: StateQuery): Promise<Map<number, SubscriptionRow>> {
  const rows = await subscriptionRows(query);
  return new Map(rows.map((row) => [row.stream, row]));
}

/** The subscribers of channels; `undefined` where the client does not want them. */
async function subscribersOf(
  { db, registration }: StateQuery,
  channels: readonly ChannelRow[],
): Promise<ReadonlyMap<number, number[]> | undefined> {
  if (!registration.includeSubscribers) return undefined;
  const rows = await db.selectFrom("zerver_subscription as subscription")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "subscription.recipient_id")
    .select(["recipient.type_id as stream", "subscription.user_profile_id as user"])
    .where("recipient.type", "=", RECIPIENT.stream)
    .where(inIds(db, "recipient.type_id", channels.map(({ id }) => id)))
    .where("subscription.active", "=", true).where("subscription.is_user_active", "=", true)
    .orderBy("subscription.user_profile_id").execute();
  const groups = Map.groupBy(rows, ({ stream }) => stream);
  return new Map([...groups].map(([stream, found]) => [stream, found.map(({ user }) => user)]));
}

/** What null stands for in a subscription; nothing for clients that know null. */
async function userDefaults(
  { db, user, registration }: StateQuery,
): Promise<Partial<Record<string, boolean>>> {
  if (registration.knowsNullSettings) return {};
  const row = await db.selectFrom("zerver_userprofile")
    .select(AS_THE_USERS.map(([, name]) => name)).where("id", "=", user.id).executeTakeFirst();
  return { ...row };
}

function settingsOf(row: SubscriptionRow | undefined, defaults: Partial<Record<string, boolean>>) {
  if (!row) return {};
  const { color, is_muted, pin_to_top } = row;
  const notifications = AS_THE_USERS.map(([name, users]) => [
    name,
    row[name] ?? defaults[users] ?? null,
  ]);
  return {
    ...{ color, is_muted, in_home_view: !is_muted, pin_to_top },
    ...Object.fromEntries(notifications),
  };
}

/** The columns of a channel that name a group, by the keys that clients know. */
function groupsOf(row: ChannelRow): Readonly<Record<string, number>> {
  const columns = Object.entries(row).filter(([name]) => /^can_.*_group_id$/.test(name));
  return Object.fromEntries(columns.map(([name, id]) => [name.replace(/_id$/, ""), Number(id)]));
}

function channelOf(row: ChannelRow, groups: GroupSettings) {
  const sending = groups.nameOf(row.can_send_message_group_id) ?? "";
  const policy = POST_POLICIES[sending] ?? 1;
  const settings = Object.entries(groupsOf(row))
    .map(([name, group]) => [name, groups.settingOf(group)]);
  return {
    ...{ stream_id: row.id, name: row.name, description: row.description },
    rendered_description: row.rendered_description,
    date_created: secondsOf(row.date_created),
    ...{ creator_id: row.creator_id, first_message_id: row.first_message_id },
    ...{ is_recently_active: row.is_recently_active, invite_only: row.invite_only },
    ...{ is_web_public: row.is_web_public, is_archived: row.deactivated },
    history_public_to_subscribers: row.history_public_to_subscribers,
    is_announcement_only: policy === ADMINISTRATORS_POST,
    stream_post_policy: policy,
    message_retention_days: row.message_retention_days,
    stream_weekly_traffic: null,
    ...{ subscriber_count: row.subscriber_count, folder_id: row.folder_id },
    topics_policy: TOPICS_POLICIES[row.topics_policy - 1] ?? "inherit",
    ...Object.fromEntries(settings),
  };
}
