/**
 * The names in a message, and the users that they mean.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../../database/ids.ts";
import type { Database } from "../../database/tables.ts";

/** `@**Ada**`, `@**Ada|7**`, `@**|7**`, and with `_` for one that tells nobody. */
export const USER_MENTION: RegExp = /@(_?)\*\*([^*\n]{1,200})\*\*/y;
/** `@*backend*`. */
export const GROUP_MENTION: RegExp = /@(_?)\*([^*\n]{1,200})\*/y;
/** `#**general**`, `#**general>lunch**`. */
export const CHANNEL_LINK: RegExp = /#\*\*([^*>\n]{1,200})(?:>([^*\n]{0,200}))?\*\*/y;

/** The words that mention a whole channel. */
export const CHANNEL_WORDS: ReadonlySet<string> = new Set(["all", "everyone", "channel", "stream"]);
/** The word that mentions those who take part in a topic. */
export const TOPIC_WORD = "topic";

/** A user who is mentioned. */
export interface NamedUser {
  readonly id: number;
  readonly name: string;
}

/** What the names of a message mean. */
export interface Names {
  /** By lower-case name where it is the only one, and by `|id`. */
  readonly users: ReadonlyMap<string, NamedUser>;
  /** By lower-case name. */
  readonly groups: ReadonlyMap<string, NamedUser>;
  /** By lower-case name. */
  readonly channels: ReadonlyMap<string, NamedUser>;
}

/** The parts of a user's name as it is mentioned. */
export function mentionedName(text: string): { readonly name: string; readonly id?: number } {
  const found = /^(.*)\|(\d{1,10})$/.exec(text);
  return found ? { name: found[1] ?? "", id: Number(found[2]) } : { name: text };
}

/** The user that a mention means. */
export function mentionedUser(text: string, { users }: Names): NamedUser | undefined {
  const { name, id } = mentionedName(text);
  if (id === undefined) return users.get(name.toLowerCase());
  const user = users.get(`|${id}`);
  return name === "" || name.toLowerCase() === user?.name.toLowerCase() ? user : undefined;
}

/**
 * Looks up what the names of a message can mean in a realm.
 *
 * @param content Markdown.
 * @throws {DatabaseError} When the database is lost.
 */
export async function namesIn(db: Database, realmId: number, content: string): Promise<Names> {
  const users = all(USER_MENTION, content).map((match) => mentionedName(match[2] ?? ""));
  const groups = all(GROUP_MENTION, content).map((match) => match[2] ?? "");
  const channels = all(CHANNEL_LINK, content).map((match) => match[1] ?? "");
  return {
    users: await usersNamed(db, realmId, users),
    groups: await groupsNamed(db, realmId, groups),
    channels: await channelsNamed(db, realmId, channels),
  };
}

function all(pattern: RegExp, content: string): RegExpExecArray[] {
  return [...content.matchAll(new RegExp(pattern.source, "g"))];
}

async function usersNamed(
  db: Database,
  realmId: number,
  named: readonly { readonly name: string; readonly id?: number }[],
): Promise<Map<string, NamedUser>> {
  if (named.length === 0) return new Map();
  const ids = named.flatMap(({ id }) => id === undefined ? [] : [id]);
  const names = named.flatMap(({ name, id }) => id === undefined ? [name] : []);
  const rows = await db.selectFrom("zerver_userprofile as user")
    .select(["user.id", "user.full_name as name"])
    .where("user.realm_id", "=", realmId).where("user.is_active", "=", true)
    .where(({ or }) => or([inIds(db, "user.id", ids), isNamed("user.full_name", names)])).execute();
  const found = new Map<string, NamedUser>(rows.map((row) => [`|${row.id}`, row]));
  for (const [name, users] of Map.groupBy(rows, ({ name }) => name.toLowerCase())) {
    const [only] = users;
    // Users of the same name are told apart only by their ids.
    if (only && users.length === 1) found.set(name, only);
  }
  return found;
}

async function groupsNamed(
  db: Database,
  realmId: number,
  names: readonly string[],
): Promise<Map<string, NamedUser>> {
  if (names.length === 0) return new Map();
  const rows = await db.selectFrom("zerver_namedusergroup as named")
    .select(["named.usergroup_ptr_id as id", "named.name"])
    .where("named.realm_id", "=", realmId).where("named.deactivated", "=", false)
    .where(isNamed("named.name", names)).execute();
  return new Map(rows.map((row) => [row.name.toLowerCase(), row]));
}

async function channelsNamed(
  db: Database,
  realmId: number,
  names: readonly string[],
): Promise<Map<string, NamedUser>> {
  if (names.length === 0) return new Map();
  const rows = await db.selectFrom("zerver_stream as stream").select(["stream.id", "stream.name"])
    .where("stream.realm_id", "=", realmId).where("stream.deactivated", "=", false)
    .where(isNamed("stream.name", names)).execute();
  return new Map(rows.map((row) => [row.name.toLowerCase(), row]));
}

/** SQLite folds the case of ASCII letters only, so names are also compared as they are written. */
function isNamed(column: string, names: readonly string[]) {
  if (names.length === 0) return sql<boolean>`1 = 0`;
  const folded = sql.join(names.map((name) => sql`lower(${name})`));
  return sql<boolean>`lower(${sql.ref(column)}) in (${folded})`;
}
