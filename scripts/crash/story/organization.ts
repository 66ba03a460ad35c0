/**
 * The organization of the story: a sender, and five users whom a message finds in five ways.
 *
 * @module
 */

import { addRealm, addUser } from "../../../lib/domain/database/add_realm.ts";
import type { Database, Tables } from "../../../lib/domain/database/tables.ts";
import { newNamedGroup, newRow, newStream } from "../../../lib/domain/database/rows.ts";
import { inTransaction } from "../../../lib/domain/database/transaction.ts";
import type { Transaction } from "kysely";

/** The users: who reads now, who does not, who has phones, who mutes the sender, who was deactivated. */
export const USERS = ["online", "idle", "pushed", "muting", "gone"] as const;
/** One of {@linkcode USERS}. */
export type UserName = typeof USERS[number];

/** A user, and what it logs in with. */
export interface StoryUser {
  readonly id: number;
  readonly address: string;
  readonly apiKey: string;
}

/** The ids of what the story needs. */
export interface Organization {
  readonly realm: number;
  readonly sender: number;
  readonly channel: number;
  readonly users: Readonly<Record<UserName, StoryUser>>;
}

type Trx = Transaction<Tables>;

/** The name of the group that is mentioned. */
export const GROUP = "cooks";
const MADE = new Date("2026-01-01T00:00:00Z");
const LONG_AGO_MS = 3_600_000;
const TOKENS = { apple: "a1b2c3d4".repeat(8), google: `story:${"Zx-_9".repeat(24)}` };

/** Fills an empty database. */
export async function addOrganization(db: Database): Promise<Organization> {
  return await inTransaction(db, async (trx) => {
    const { id: realm, group } = await addRealm(trx, {
      ...{ string_id: "acme", name: "Acme", date_created: MADE },
      ...{ inline_url_embed_preview: true, inline_image_preview: true },
    });
    const sender = await addPerson(trx, realm, "sam");
    const users = {
      online: await addPerson(trx, realm, "online"),
      idle: await addPerson(trx, realm, "idle"),
      pushed: await addPerson(trx, realm, "pushed"),
      muting: await addPerson(trx, realm, "muting"),
      gone: await addPerson(trx, realm, "gone", false),
    };
    const members = Object.values(users).map(({ id }) => id);
    await addGroup(trx, { realm, group, members });
    const channel = await addChannel(trx, { realm, group, members: [sender.id, ...members] });
    await addPresence(trx, realm, users);
    await trx.insertInto("zerver_muteduser").values({
      ...{ user_profile_id: users.muting.id, muted_user_id: sender.id, date_muted: MADE },
    }).execute();
    await addDevices(trx, users.pushed.id);
    return { realm, sender: sender.id, channel, users };
  });
}

/** Has the user who reads be there now. */
export async function renewPresence(db: Database, { users }: Organization): Promise<void> {
  const now = new Date();
  await db.updateTable("zerver_userpresence")
    .set({ last_active_time: now, last_connected_time: now })
    .where("user_profile_id", "=", users.online.id).execute();
}

async function addPerson(
  trx: Trx,
  realm_id: number,
  name: string,
  is_active = true,
): Promise<StoryUser> {
  const id = await addUser(trx, {
    ...{ realm_id, delivery_email: `${name}@people.example`, full_name: name, is_active },
    ...{ date_joined: MADE, email_notifications_batching_period_seconds: 0 },
  });
  const { delivery_email: address, api_key: apiKey } = await trx
    .selectFrom("zerver_userprofile").select(["delivery_email", "api_key"])
    .where("id", "=", id).executeTakeFirstOrThrow();
  return { id, address, apiKey };
}

/** Who is in something of a realm. */
interface Members {
  readonly realm: number;
  /** The group that may do everything. */
  readonly group: number;
  readonly members: readonly number[];
}

async function addGroup(trx: Trx, { realm: realm_id, group, members }: Members): Promise<void> {
  const { id } = await trx.insertInto("zerver_usergroup").values({ realm_id })
    .returning("id").executeTakeFirstOrThrow();
  const named = { usergroup_ptr_id: id, realm_id, name: GROUP, group };
  await trx.insertInto("zerver_namedusergroup").values(newNamedGroup(named)).execute();
  await trx.insertInto("zerver_usergroupmembership")
    .values(members.map((user_profile_id) => ({ user_group_id: id, user_profile_id }))).execute();
}

async function addChannel(trx: Trx, { realm, group, members }: Members): Promise<number> {
  const given = { realm_id: realm, name: "kitchen", date_created: MADE, group };
  const { id } = await trx.insertInto("zerver_stream").values(newStream(given))
    .returning("id").executeTakeFirstOrThrow();
  const { id: recipient_id } = await trx.insertInto("zerver_recipient")
    .values({ type: 2, type_id: id }).returning("id").executeTakeFirstOrThrow();
  await trx.updateTable("zerver_stream").set({ recipient_id }).where("id", "=", id).execute();
  await trx.insertInto("zerver_subscription").values(
    members.map((user_profile_id) =>
      newRow("zerver_subscription", { user_profile_id, recipient_id, is_user_active: true })
    ),
  ).execute();
  return id;
}

async function addPresence(
  trx: Trx,
  realm_id: number,
  { online, idle }: Organization["users"],
): Promise<void> {
  const now = Date.now();
  const rows = [[online, now], [idle, now - LONG_AGO_MS]] as const;
  await trx.insertInto("zerver_userpresence").values(
    rows.map(([{ id }, at]) =>
      newRow("zerver_userpresence", {
        ...{ user_profile_id: id, realm_id },
        ...{ last_active_time: new Date(at), last_connected_time: new Date(at) },
      })
    ),
  ).execute();
}

async function addDevices(trx: Trx, user_id: number): Promise<void> {
  const device = { user_id, last_updated: MADE };
  await trx.insertInto("zerver_pushdevicetoken").values([
    newRow("zerver_pushdevicetoken", {
      ...{ ...device, kind: 1, token: TOKENS.apple, ios_app_id: "org.zulip.Zulip" },
    }),
    newRow("zerver_pushdevicetoken", {
      ...{ ...device, kind: 2, token: TOKENS.google, ios_app_id: null },
    }),
  ]).execute();
}
