/**
 * The organizations of a seed with their users and groups.
 *
 * @module
 */

import {
  type Given,
  groupColumns,
  newNamedGroup,
  newRealm,
  newUser,
} from "../../domain/database/rows.ts";
import { ACCOUNTS, type NewAccount, type RealmKey } from "./accounts.ts";
import type { SeedRows } from "./rows.ts";

/** A user or bot of a seed. */
export interface Account extends NewAccount {
  readonly id: number;
  readonly realmId: number;
  /** Where direct messages to it go. */
  readonly recipient: number;
}

/** What the parts of a seed share. */
export interface Seed {
  readonly rows: SeedRows;
  readonly now: Date;
  /** The ids of the organizations. */
  readonly realms: Readonly<Record<RealmKey, number>>;
  /** Their groups by name, such as `role:members`. */
  readonly groups: Readonly<Record<RealmKey, ReadonlyMap<string, number>>>;
  /** By key. */
  readonly accounts: ReadonlyMap<string, Account>;
}

const DAY_MS = 86_400_000;

/** A minute, in days. */
export const MINUTE_DAYS = 1 / 1440;

/** The time of so many days ago. */
export function daysAgo(now: Date, days: number): Date {
  return new Date(now.getTime() - days * DAY_MS);
}

/** The user of a key. @throws {Error} When there is none. */
export function account({ accounts }: Pick<Seed, "accounts">, key: string): Account {
  const found = accounts.get(key);
  if (!found) throw new Error(`The seed has nobody called ${key}`);
  return found;
}

/** The users of keys. */
export function accountsOf(seed: Pick<Seed, "accounts">, keys: string): Account[] {
  return keys.split(" ").map((key) => account(seed, key));
}

/** Adds organizations, the system's groups and users. */
export function makeOrganizations(rows: SeedRows, now: Date): Seed {
  const made = (["system", "main", "museum"] as const).map((key) => {
    return [key, addRealm(rows, now, key)] as const;
  });
  const by = Object.fromEntries(made) as Record<RealmKey, typeof made[number][1]>;
  const realms = { system: by.system.id, main: by.main.id, museum: by.museum.id };
  const groups = { system: by.system.groups, main: by.main.groups, museum: by.museum.groups };
  const accounts = addAccounts(rows, now, realms);
  for (const each of accounts.values()) joinRole(rows, each, groups[each.realm]);
  return { rows, now, realms, groups, accounts };
}

const REALMS: Readonly<Record<RealmKey, (now: Date) => Partial<Given<"zerver_realm">>>> = {
  system: () => ({ string_id: "zulipinternal", name: "System use only" }),
  main: (now) => ({
    string_id: "",
    name: "Fjord Software",
    digest_emails_enabled: true,
    // Zulip's week begins with 0, a Monday.
    digest_weekday: (now.getUTCDay() + 6) % 7,
    inline_url_embed_preview: true,
    push_notifications_enabled: true,
  }),
  museum: (now) => ({
    string_id: "museum",
    name: "Harbour Museum",
    default_language: "de",
    message_content_allowed_in_email_notifications: false,
    demo_organization_scheduled_deletion_date: daysAgo(now, -20),
  }),
};

interface MadeRealm {
  readonly id: number;
  readonly groups: ReadonlyMap<string, number>;
}

function addRealm(rows: SeedRows, now: Date, key: RealmKey): MadeRealm {
  const id = rows.nextId("zerver_realm");
  const groups = addSystemGroups(rows, id);
  const { string_id = "", ...more } = REALMS[key](now);
  rows.add("zerver_realm", {
    ...newRealm({ string_id, date_created: daysAgo(now, 400), ...more }),
    ...groupColumns("zerver_realm", groups.get("role:members") ?? 0),
    can_access_all_users_group_id: groups.get("role:everyone") ?? 0,
  });
  rows.add("zerver_realmuserdefault", { realm_id: id });
  rows.add("zerver_presencesequence", { realm_id: id, last_update_id: 0 });
  return { id, groups };
}

/** From the widest to the narrowest: each contains the next. */
const NESTED = [
  "role:internet",
  "role:everyone",
  "role:members",
  "role:fullmembers",
  "role:moderators",
  "role:administrators",
  "role:owners",
];

function addSystemGroups(rows: SeedRows, realm: number): Map<string, number> {
  const groups = new Map<string, number>();
  for (const name of [...NESTED, "role:nobody"]) {
    groups.set(name, addGroup(rows, { realm, name, is_system_group: true }));
  }
  for (const [index, name] of NESTED.slice(1).entries()) {
    contain(rows, groups.get(NESTED[index] ?? "") ?? 0, groups.get(name) ?? 0);
  }
  return groups;
}

/** A group to be made. */
export interface NewGroup {
  readonly realm: number;
  readonly name: string;
  readonly is_system_group?: boolean;
  readonly deactivated?: boolean;
}

/** Adds a group. @returns Its id. */
export function addGroup(rows: SeedRows, { realm, ...named }: NewGroup): number {
  const id = rows.add("zerver_usergroup", { realm_id: realm });
  const row = newNamedGroup({ usergroup_ptr_id: id, realm_id: realm, group: id, ...named });
  rows.add("zerver_namedusergroup", row);
  return id;
}

/** Puts a group into another one. */
export function contain(rows: SeedRows, supergroup_id: number, subgroup_id: number): void {
  rows.add("zerver_groupgroupmembership", { supergroup_id, subgroup_id });
}

function addAccounts(
  rows: SeedRows,
  now: Date,
  realms: Readonly<Record<RealmKey, number>>,
): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const given of ACCOUNTS) {
    const id = rows.nextId("zerver_userprofile");
    const realmId = realms[given.realm];
    const recipient = rows.add("zerver_recipient", { type: 1, type_id: id });
    const made = { ...given, id, realmId, recipient };
    rows.add("zerver_userprofile", userRow(made, now, accounts.get(given.owner ?? "")?.id));
    rows.add("zerver_subscription", {
      user_profile_id: id,
      recipient_id: recipient,
      is_user_active: given.settings.is_active ?? true,
    });
    accounts.set(given.key, made);
  }
  return accounts;
}

function userRow(account: Account, now: Date, owner?: number): Given<"zerver_userprofile"> {
  const { id, key, name, realmId, recipient, address, settings } = account;
  const delivery_email = address ?? `${key}@example.com`;
  const isHidden = delivery_email === "" || settings.email_address_visibility === 4;
  return newUser({
    realm_id: realmId,
    delivery_email,
    ...(isHidden && { email: `user${id}@localhost` }),
    full_name: name,
    recipient_id: recipient,
    date_joined: daysAgo(now, 300 - id),
    last_login: daysAgo(now, 1),
    ...(owner !== undefined && { bot_owner_id: owner }),
    ...settings,
  });
}

const ROLE_GROUPS: Readonly<Record<number, readonly string[]>> = {
  100: ["role:owners"],
  200: ["role:administrators"],
  300: ["role:moderators"],
  400: ["role:members", "role:fullmembers"],
  600: ["role:everyone"],
};

function joinRole(rows: SeedRows, { id, settings }: Account, groups: Seed["groups"]["main"]): void {
  for (const name of ROLE_GROUPS[settings.role ?? 400] ?? []) {
    join(rows, groups.get(name) ?? 0, id);
  }
}

/** Makes a user a member of a group. */
export function join(rows: SeedRows, user_group_id: number, user_profile_id: number): void {
  rows.add("zerver_usergroupmembership", { user_group_id, user_profile_id });
}
