/**
 * What a user follows and mutes.
 *
 * @module
 */

import { shownTopic } from "../topic.ts";
import { secondsOf, type StatePart, type StateQuery } from "./state_query.ts";

/** The part `user_topic`. @throws {DatabaseError} When the database is lost. */
export async function userTopics({ db, user, registration }: StateQuery): Promise<StatePart> {
  const rows = await db.selectFrom("zerver_usertopic")
    .select(["stream_id", "topic_name", "last_updated", "visibility_policy"])
    .where("user_profile_id", "=", user.id).orderBy("id").execute();
  const isNamed = registration.capabilities.has("empty_topic_name");
  return {
    user_topics: rows.map(({ topic_name, last_updated, ...row }) => ({
      ...row,
      topic_name: isNamed ? topic_name : shownTopic(topic_name),
      last_updated: secondsOf(last_updated),
    })),
  };
}

/** The part `muted_users`. @throws {DatabaseError} When the database is lost. */
export async function mutedUsers({ db, user }: StateQuery): Promise<StatePart> {
  const rows = await db.selectFrom("zerver_muteduser").select(["muted_user_id", "date_muted"])
    .where("user_profile_id", "=", user.id).orderBy("id").execute();
  return {
    muted_users: rows.map(({ muted_user_id, date_muted }) => ({
      id: muted_user_id,
      timestamp: secondsOf(date_muted),
    })),
  };
}
