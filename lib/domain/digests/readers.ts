/**
 * The users of an event who get a digest now.
 *
 * @module
 */

import { GUEST } from "../database/codes.ts";
import { sql, type Transaction } from "kysely";
import { isPostgres } from "../database/dialect.ts";
import { inIds } from "../database/ids.ts";
import type { Database, Tables } from "../database/tables.ts";
import { isByPerson } from "../messages/by_people.ts";
import { type MailUser, mailUsers } from "../users/mail_users.ts";
import { DIGEST_MADE } from "./candidates.ts";

/** A user who may get a digest. */
export interface DigestReader extends MailUser {
  readonly isGuest: boolean;
}

/**
 * Those of some users who may get digests, by id, and locks them: two workers with events for the
 * same user wait for each other. In PostgreSQL that keeps nobody from reading or naming them.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function digestReaders(
  trx: Transaction<Tables>,
  ids: readonly number[],
): Promise<DigestReader[]> {
  const rows = await trx.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id")
    .select(["user.id", "user.role"])
    .where(inIds(trx, "user.id", ids))
    .where("user.is_active", "=", true).where("realm.deactivated", "=", false)
    .orderBy("user.id")
    .$if(isPostgres(trx), (query) => query.forNoKeyUpdate("user"))
    .execute();
  const users = await mailUsers(trx, rows.map(({ id }) => id), "enable_digest_emails");
  return rows.flatMap(({ id, role }) => {
    const user = users.get(id);
    return user ? [{ ...user, isGuest: role === GUEST }] : [];
  });
}

/**
 * Those of some users whose digest was made after a time.
 *
 * @param after ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function recentlyTold(
  db: Database,
  realm: number,
  users: readonly number[],
  after: number,
): Promise<Set<number>> {
  const rows = await db.selectFrom("zerver_realmauditlog").select("modified_user_id")
    .where("realm_id", "=", realm).where("event_type", "=", DIGEST_MADE)
    .where("event_time", ">", new Date(after))
    .where(inIds(db, "zerver_realmauditlog.modified_user_id", users)).execute();
  return new Set(rows.flatMap(({ modified_user_id: id }) => id === null ? [] : [id]));
}

/**
 * How many messages of people, channels' and direct ones, some users got after a time; users without
 * any are left out.
 *
 * @param cutoff The time in ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 */
export async function newMessageCounts(
  db: Database,
  realm: number,
  users: readonly number[],
  cutoff: number,
): Promise<Map<number, number>> {
  if (users.length === 0) return new Map();
  const time = new Date(cutoff);
  // The smallest id spares the user messages of all earlier messages. With `+ 0` PostgreSQL finds it by
  // the time: for `min(id)` it may walk through all messages from the first one.
  const { rows } = await sql<{ user: number; count: number | bigint }>`
    select copy.user_profile_id as "user", count(*) as count
    from zerver_usermessage as copy
    join zerver_message as message on message.id = copy.message_id
    join zerver_client as client on client.id = message.sending_client_id
    where ${inIds(db, "copy.user_profile_id", users)} and message.date_sent > ${time}
      and copy.message_id >= (
        select min(id + 0) from zerver_message where realm_id = ${realm} and date_sent > ${time})
      and ${isByPerson("client.name")}
    group by copy.user_profile_id`.execute(db);
  return new Map(rows.map(({ user, count }) => [user, Number(count)]));
}
