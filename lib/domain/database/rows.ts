/**
 * New rows, for a seed and for tests. Django and not the database gives most of Zulip's defaults:
 * these functions know them. They are pure, so the caller gives the time.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { OWN_TABLES, ZULIP_TABLES } from "./tables/all.ts";
import type { Column, Columns } from "./tables/column.ts";
import type { NewRow, Tables } from "./tables.ts";

const ALL = { ...OWN_TABLES, ...ZULIP_TABLES };

type Declared = typeof ALL;
type Name = keyof Declared & keyof Tables;
type WithoutDefault<Of extends Columns> = {
  [Key in keyof Of]: Of[Key] extends Column<infer _Read, infer _Write, "always"> ? Key : never;
}[keyof Of];

/** The columns of a row that {@linkcode newRow} needs, and those that it takes. */
export type Given<Of extends Name> =
  & Partial<NewRow<Of>>
  & Pick<NewRow<Of>, WithoutDefault<Declared[Of]["columns"]> & keyof NewRow<Of>>;

/** A row to be inserted: what is given, and Django's defaults. */
export function newRow<Of extends Name>(table: Of, given: Given<Of>): NewRow<Of> {
  const columns: Columns = ALL[table].columns;
  const defaults = Object.entries(columns)
    .filter(([, { options }]) => options.standard !== undefined)
    .map(([name, { options }]) => [name, options.standard]);
  return { ...Object.fromEntries(defaults), ...given };
}

/**
 * The columns of a table that say which group may do something, all with one group.
 *
 * @param group The id of a `zerver_usergroup`.
 */
export function groupColumns<Of extends "zerver_realm" | "zerver_stream" | "zerver_namedusergroup">(
  table: Of,
  group: number,
): Groups<Of> {
  const columns: Columns = ALL[table].columns;
  const names = Object.keys(columns).filter((name) =>
    columns[name]?.references === "zerver_usergroup" && name !== "usergroup_ptr_id"
  );
  return Object.fromEntries(names.map((name) => [name, group])) as Groups<Of>;
}

/** The columns that name a group which may do something. */
export type Groups<Of extends Name> = {
  [
    Key in keyof Declared[Of]["columns"] as Key extends `${string}_group_id` | `can_${string}_id`
      ? Key
      : never
  ]: number;
};

/** Names a group for all permissions of a row. */
export interface WithGroup {
  /** The id of the `zerver_usergroup` that may do everything. */
  readonly group: number;
}

type Optional<Of extends Name, Needed extends keyof NewRow<Of>> =
  & Partial<NewRow<Of>>
  & Pick<NewRow<Of>, Needed>;

/**
 * A realm. Its groups belong to it, so that they are made after it and set then, by
 * {@linkcode groupColumns} in the same transaction: until then they are 0.
 */
export function newRealm(
  { string_id, ...given }: Optional<"zerver_realm", "string_id" | "date_created">,
): NewRow<"zerver_realm"> {
  return newRow("zerver_realm", {
    string_id,
    name: string_id,
    uuid: derivedUuid("realm", string_id),
    uuid_owner_secret: derivedKey("realm", string_id),
    ...groupColumns("zerver_realm", 0),
    ...given,
  });
}

/**
 * A user. `api_key` and `uuid` follow from realm and address: a server that others can reach needs
 * random ones.
 */
export function newUser(
  { realm_id, delivery_email, ...given }: Optional<
    "zerver_userprofile",
    "realm_id" | "delivery_email" | "date_joined"
  >,
): NewRow<"zerver_userprofile"> {
  const parts = ["user", String(realm_id), delivery_email] as const;
  return newRow("zerver_userprofile", {
    realm_id,
    delivery_email,
    email: delivery_email,
    full_name: delivery_email.replace(/@.*/, ""),
    api_key: derivedKey(...parts),
    uuid: derivedUuid(...parts),
    ...given,
  });
}

/** A channel, public and open to one group. */
export function newStream(
  { group, ...given }:
    & Optional<"zerver_stream", "realm_id" | "name" | "date_created">
    & WithGroup,
): NewRow<"zerver_stream"> {
  return newRow("zerver_stream", { ...groupColumns("zerver_stream", group), ...given });
}

/** The name of a group, which another group may change and mention. */
export function newNamedGroup(
  { group, ...given }:
    & Optional<"zerver_namedusergroup", "usergroup_ptr_id" | "realm_id" | "name">
    & WithGroup,
): NewRow<"zerver_namedusergroup"> {
  return newRow("zerver_namedusergroup", {
    ...groupColumns("zerver_namedusergroup", group),
    ...given,
  });
}

/** What a direct message has for a topic. */
export const NO_TOPIC = "\u0007";

/** A message: to a channel with a `subject`, else a direct one. */
export function newMessage(
  given: Optional<
    "zerver_message",
    "realm_id" | "sender_id" | "recipient_id" | "sending_client_id" | "content" | "date_sent"
  >,
): NewRow<"zerver_message"> {
  const { subject = NO_TOPIC } = given;
  return newRow("zerver_message", {
    is_channel_message: subject !== NO_TOPIC,
    ...given,
    subject,
  });
}

/** A DM group of users. */
export function newHuddle(users: readonly number[]): NewRow<"zerver_huddle"> {
  const members = [...new Set(users)].sort((a, b) => a - b);
  const huddle_hash = createHash("sha1").update(members.join(",")).digest("hex");
  return newRow("zerver_huddle", { huddle_hash, group_size: members.length });
}

function derivedKey(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
}

/** A UUID of version 8, whose bits are the program's choice. */
function derivedUuid(...parts: readonly string[]): string {
  const key = derivedKey("uuid", ...parts);
  const variant = `8${key.slice(17, 20)}`;
  return [key.slice(0, 8), key.slice(8, 12), `8${key.slice(13, 16)}`, variant, key.slice(20)]
    .join("-");
}
