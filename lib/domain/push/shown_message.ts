/**
 * What a push about a message shows of it, looked up.
 *
 * @module
 */

import type { Database } from "../database/tables.ts";
import { firstCodePoints } from "../database/text.ts";
import { placeOf } from "../messages/missed/place.ts";
import type { TextOf } from "../messages/missed/words.ts";
import { pushText } from "../messages/rendering/push_text.ts";
import type { StoredMessage } from "../messages/stored_message.ts";
import { avatarUrl, unknownAvatarUrl } from "../users/avatar.ts";
import type { MentionedGroup } from "../users/groups.ts";
import { userNames } from "../users/names.ts";
import { withoutPort } from "../users/realm_host.ts";
import { mayKnowUser } from "../users/visibility.ts";
import type { PushPlace, PushRealm, ShownMessage } from "./contents.ts";
import type { PushReader } from "./reader.ts";
import { unknownName } from "./words.ts";

/** What a push about a message is made of. */
export interface Shown {
  readonly reader: PushReader;
  readonly realm: PushRealm;
  readonly message: StoredMessage;
  readonly trigger: string;
  /** The group by which the reader was mentioned. */
  readonly group: MentionedGroup | undefined;
  /** In the reader's language. */
  readonly text: TextOf;
}

/** Code points of a message that was not rendered. */
const LONGEST = 200;

/**
 * What a push shows of a message.
 *
 * @throws {DatabaseError} When the database is lost.
 * @throws {Error} When the message's channel or sender does not exist.
 */
export async function shownMessage(db: Database, shown: Shown): Promise<ShownMessage> {
  const { reader, realm, message, trigger, group } = shown;
  return {
    ...{ realm, trigger },
    readerId: reader.id,
    id: message.id,
    sentAt: message.sentAt,
    sender: await senderOf(db, shown),
    place: await pushPlace(db, message, reader),
    group: group && { id: group.id, name: group.name },
    text: message.rendered === null
      ? firstCodePoints(message.content, LONGEST)
      : pushText(message.rendered),
    hidesText: reader.realm.requiresEncryption,
  };
}

/** Only in channels can a user read messages of those that the user may not know. */
async function senderOf(
  db: Database,
  { reader, realm, message, text }: Shown,
): Promise<ShownMessage["sender"]> {
  const { senderId: id, destination } = message;
  if (destination === "channel" && !await mayKnowUser(db, reader.id, id)) {
    return {
      id,
      name: unknownName(text),
      email: `user${id}@${withoutPort(new URL(realm.url).host)}`,
      avatarUrl: unknownAvatarUrl(realm.url),
    };
  }
  const row = await db.selectFrom("zerver_userprofile")
    .select(["full_name", "email", "delivery_email", "avatar_source", "avatar_version"])
    .where("id", "=", id).executeTakeFirst();
  if (!row) throw new Error(`The database has no user ${id}`);
  const { delivery_email: address, avatar_source: avatarSource } = row;
  const pictured = { id, address, avatarSource, avatarVersion: row.avatar_version };
  return {
    id,
    name: row.full_name,
    email: row.email,
    avatarUrl: avatarUrl(pictured, realm.url),
  };
}

async function pushPlace(
  db: Database,
  message: StoredMessage,
  reader: PushReader,
): Promise<PushPlace> {
  const place = await placeOf(db, message, reader.id);
  if (place.kind === "channel") return place;
  const others = place.kind === "group" ? place.others : [place.other];
  const userIds = [...new Set([reader.id, ...others.map(({ id }) => id)])].sort((a, b) => a - b);
  const names = await userNames(db, userIds);
  return { kind: "direct", userIds, names: [...names.values()].sort() };
}
