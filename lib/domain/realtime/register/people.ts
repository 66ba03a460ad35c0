/**
 * The people and bots of the client's realm, as its user may know them.
 *
 * @module
 */

import { RECIPIENT } from "../../database/codes.ts";
import type { Database } from "../../database/tables.ts";
import { avatarUrl, unknownAvatarUrl } from "../../users/avatar.ts";
import { isInGroup } from "../../users/groups.ts";
import { mayKnow } from "../../users/visibility.ts";
import type { ApiUser } from "../../users/api_login.ts";
import type { StatePart, StateQuery } from "./state_query.ts";

const OWNER = 100;
const ADMINISTRATOR = 200;
const MODERATOR = 300;
const MEMBER = 400;
/** The highest role that may see an address, by `email_address_visibility`. */
const MOST_ROLE: Readonly<Record<number, number>> = {
  1: Infinity,
  2: MEMBER,
  3: ADMINISTRATOR,
  4: 0,
  5: MODERATOR,
};

/** Whether a user of a role may see another's own address. */
export function seesAddress(role: number, visibility: number): boolean {
  return role <= (MOST_ROLE[visibility] ?? 0);
}

/** The part `realm_user`. @throws {DatabaseError} When the database is lost. */
export async function realmUsers(query: StateQuery): Promise<StatePart> {
  const { db, user, registration: { capabilities } } = query;
  const rows = await peopleOf(db, user.realmId);
  const knows = await acquaintances(db, user);
  const listed = rows.filter(({ id, is_bot }) =>
    knows(id, is_bot) || !capabilities.has("user_list_incomplete")
  );
  const people = listed.map((row) => personOf(row, query, knows(row.id, row.is_bot)));
  const me = people.find(({ user_id }) => user_id === user.id);
  return {
    realm_users: people.filter(({ is_active }) => is_active),
    realm_non_active_users: people.filter(({ is_active }) => !is_active),
    cross_realm_bots: [],
    ...(me && ownFields(me, user.role)),
  };
}

function ownFields(me: ReturnType<typeof personOf>, role: number) {
  const { user_id, email, delivery_email, full_name, avatar_url, is_owner, is_admin, is_guest } =
    me;
  return {
    ...{ user_id, email, delivery_email, full_name, avatar_url, is_owner, is_admin, is_guest },
    is_moderator: role === MODERATOR,
  };
}

type PersonRow = Awaited<ReturnType<typeof peopleOf>>[number];

async function peopleOf(db: Database, realm: number) {
  return await db.selectFrom("zerver_userprofile").select([
    "id",
    "email",
    "delivery_email",
    "full_name",
    "role",
    "is_active",
    "is_bot",
    "bot_type",
    "bot_owner_id",
    "timezone",
    "date_joined",
    "avatar_source",
    "avatar_version",
    "email_address_visibility",
  ]).where("realm_id", "=", realm).orderBy("id").execute();
}

/** Whom the user may know, of the realm. */
async function acquaintances(
  db: Database,
  user: ApiUser,
): Promise<(id: number, isBot: boolean) => boolean> {
  if (!user.isGuest) return () => true;
  const realm = await db.selectFrom("zerver_realm").select("can_access_all_users_group_id as group")
    .where("id", "=", user.realmId).executeTakeFirst();
  const knowsAll = realm !== undefined && await isInGroup(db, user.id, realm.group);
  const met = knowsAll ? new Set<number>() : await metBy(db, user.id);
  return (id, isOtherBot) =>
    id === user.id || mayKnow({ isGuest: true, knowsAll, isOtherBot, meets: met.has(id) });
}

/** Those who are in a channel or a conversation with a user. */
async function metBy(db: Database, user: number): Promise<Set<number>> {
  const rows = await db.selectFrom("zerver_subscription as mine")
    .innerJoin("zerver_subscription as theirs", "theirs.recipient_id", "mine.recipient_id")
    .innerJoin("zerver_recipient as recipient", "recipient.id", "mine.recipient_id")
    .select("theirs.user_profile_id").distinct()
    .where("mine.user_profile_id", "=", user).where("mine.active", "=", true)
    .where("theirs.active", "=", true)
    .where("recipient.type", "in", [RECIPIENT.stream, RECIPIENT.group]).execute();
  return new Set(rows.map(({ user_profile_id }) => user_profile_id));
}

function personOf(row: PersonRow, { user, registration }: StateQuery, isKnown: boolean) {
  const { id, role } = row;
  const sees = id === user.id || seesAddress(user.role, row.email_address_visibility);
  const computesPicture = registration.clientGravatar && sees && row.avatar_source === "G";
  const picture = {
    ...{ id, address: row.delivery_email, avatarSource: row.avatar_source },
    avatarVersion: row.avatar_version,
  };
  return {
    user_id: id,
    email: isKnown ? row.email : `user${id}@unknown.invalid`,
    delivery_email: isKnown && sees ? row.delivery_email : null,
    full_name: isKnown ? row.full_name : "Unknown user",
    avatar_version: row.avatar_version,
    avatar_url: pictureOf(isKnown, computesPicture ? undefined : picture),
    ...{ is_owner: role === OWNER, is_admin: role <= ADMINISTRATOR, role },
    ...{ is_guest: role > MEMBER, is_bot: row.is_bot, is_active: row.is_active },
    ...(row.is_bot && { bot_type: row.bot_type, bot_owner_id: row.bot_owner_id }),
    timezone: isKnown ? row.timezone : "",
    date_joined: row.date_joined.toISOString().replace(/\.\d+Z$/, "+00:00"),
    profile_data: {},
  };
}

function pictureOf(isKnown: boolean, picture: Parameters<typeof avatarUrl>[0] | undefined) {
  if (!isKnown) return unknownAvatarUrl("");
  return picture === undefined ? null : avatarUrl(picture, "");
}
