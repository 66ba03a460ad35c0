/**
 * Bots and their services, looked up; and what every answer of a bot has in common.
 *
 * @module
 */

import type { Database } from "../database/tables.ts";
import type { SendTo } from "../messages/send/new_message.ts";
import type { BotMessage } from "./bot_event.ts";

/** A service of a bot. */
export interface Service {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  /** A secret. */
  readonly token: string;
  /** 1 generic, 2 Slack. */
  readonly interface: number;
}

/** A bot. */
export interface Bot {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly realmId: number;
  /** The realm's `string_id`. */
  readonly realm: string;
  readonly ownerId: number | null;
  readonly isActive: boolean;
  readonly services: readonly Service[];
}

/**
 * A bot with its services, by their ids.
 *
 * @returns `undefined` where it does not exist.
 * @throws {DatabaseError} When the database is lost.
 */
export async function botOf(db: Database, id: number): Promise<Bot | undefined> {
  const rows = await db.selectFrom("zerver_userprofile as bot")
    .innerJoin("zerver_realm as realm", "realm.id", "bot.realm_id")
    .leftJoin("zerver_service as service", "service.user_profile_id", "bot.id")
    .select([
      "bot.id",
      "bot.full_name as name",
      "bot.email",
      "bot.realm_id as realmId",
      "realm.string_id as realm",
      "bot.bot_owner_id as ownerId",
      "bot.is_active as isActive",
      "service.id as serviceId",
      "service.name as serviceName",
      "service.base_url as url",
      "service.token",
      "service.interface",
    ])
    .where("bot.id", "=", id).orderBy("service.id").execute();
  const [first] = rows;
  if (!first) return undefined;
  const { name, email, realmId, realm, ownerId, isActive } = first;
  return { id, name, email, realmId, realm, ownerId, isActive, services: rows.flatMap(serviceOf) };
}

/** A bot with its service, which is null where it has none. */
type ServiceRow = { readonly [Key in keyof Omit<Service, "id" | "name">]: Service[Key] | null } & {
  readonly serviceId: number | null;
  readonly serviceName: string | null;
};

function serviceOf({ serviceId: id, serviceName, ...row }: ServiceRow): Service[] {
  const { url, token, interface: format } = row;
  if (id === null) return [];
  return [{
    id,
    name: serviceName ?? "",
    url: url ?? "",
    token: token ?? "",
    interface: format ?? 1,
  }];
}

/** Where the answer to a message goes: its topic, or all who take part in the direct messages. */
export function answerTo({ place }: BotMessage): SendTo {
  if (place.kind === "direct") {
    return { kind: "direct", userIds: place.users.map(({ id }) => id) };
  }
  return { kind: "channel", streamId: place.streamId, topic: place.topic };
}

/** The key of the records of what a bot does about a message. */
export function recordKey(bot: number, message: number): string {
  return `bot ${bot} message ${message}`;
}
