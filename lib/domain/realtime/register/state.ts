/**
 * The state that a client starts with: what its events change later.
 *
 * @module
 */

import { streams, subscriptions } from "./channels.ts";
import { realmUsers } from "./people.ts";
import { mutedUsers, userTopics } from "./personal.ts";
import { presences } from "./presences.ts";
import type { StatePart, StateQuery } from "./state_query.ts";
import { unreadMessages } from "./unread_messages.ts";

/** The parts of the state, by the types of events that change them. */
const PARTS: Readonly<Record<string, (query: StateQuery) => Promise<StatePart>>> = {
  realm_user: realmUsers,
  subscription: subscriptions,
  stream: streams,
  user_topic: userTopics,
  muted_users: mutedUsers,
  presence: presences,
  update_message_flags: unreadMessages,
};
/** The type of which the answer always has all, its newest id. */
const MESSAGE = "message";

/**
 * Reads the state.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function readState(query: StateQuery): Promise<StatePart> {
  const { fetchTypes } = query.registration;
  const types = fetchTypes === null
    ? Object.keys(PARTS)
    : Object.keys(PARTS).filter((type) => fetchTypes.includes(type));
  const state: Record<string, unknown> = { max_message_id: await newestMessage(query) };
  for (const type of types) Object.assign(state, await PARTS[type]?.(query));
  return state;
}

/** The types that a client wants the state of, and does not get. */
export function unsupportedTypes(fetchTypes: readonly string[] | null): string[] {
  return (fetchTypes ?? []).filter((type) => !Object.hasOwn(PARTS, type) && type !== MESSAGE);
}

/** The newest message that a user got; -1 for none. */
async function newestMessage({ db, user }: StateQuery): Promise<number> {
  const row = await db.selectFrom("zerver_usermessage").select("message_id")
    .where("user_profile_id", "=", user.id).orderBy("message_id", "desc").limit(1)
    .executeTakeFirst();
  return row?.message_id ?? -1;
}
