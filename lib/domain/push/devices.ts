/**
 * The devices of users, as the database knows them.
 *
 * @module
 */

import { sql } from "kysely";
import { inIds } from "../database/ids.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database } from "../database/tables.ts";
import type { Id64 } from "./bouncer_bodies.ts";
import type { RegisteredRow } from "./push_event.ts";

/** The service that reaches a device. */
export type DeviceKind = "apns" | "fcm";

/** A device with the older registration. */
export interface LegacyDevice {
  readonly id: number;
  readonly kind: DeviceKind;
  readonly token: string;
  /** The app's bundle id; null where it is not known, as it is for Android. */
  readonly appId: string | null;
}

/** A device whose pushes are encrypted. */
export interface EncryptedDevice {
  readonly id: number;
  /** Which table has it: `zerver_pushdevice` or, of newer servers, `zerver_device`. */
  readonly form: RegisteredRow["form"];
  readonly kind: DeviceKind;
  /** By which the bouncer knows it: an id of its own, or that of the token. */
  readonly deviceId: Id64;
  /** By which the app finds the key. */
  readonly keyId: Id64;
  readonly key: Uint8Array;
}

/** A user's devices. */
export interface Devices {
  /** By id. */
  readonly legacy: readonly LegacyDevice[];
  /** Those that the bouncer knows, by id. */
  readonly encrypted: readonly EncryptedDevice[];
}

const APNS = 1;
const FCM = 2;
const KINDS: Readonly<Record<number, DeviceKind>> = { [APNS]: "apns", [FCM]: "fcm" };

/**
 * The devices of a user.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function devicesOf(db: Database, user: number): Promise<Devices> {
  const rows = await db.selectFrom("zerver_pushdevicetoken")
    .select(["id", "kind", "token", "ios_app_id"])
    .where("user_id", "=", user).orderBy("id").execute();
  const legacy = rows.flatMap(({ id, kind, token, ios_app_id }) => {
    const known = KINDS[kind];
    return known ? [{ id, kind: known, token, appId: ios_app_id }] : [];
  });
  return { legacy, encrypted: await encryptedDevices(db, user) };
}

/** Servers have one of the two tables; a database of our own has both. */
async function encryptedDevices(db: Database, user: number): Promise<EncryptedDevice[]> {
  const { has } = await shapeOf(db);
  return [
    ...has("zerver_pushdevice") ? await accountDevices(db, user) : [],
    ...has("zerver_device") ? await newerDevices(db, user) : [],
  ];
}

async function accountDevices(db: Database, user: number): Promise<EncryptedDevice[]> {
  const rows = await db.selectFrom("zerver_pushdevice")
    .select(["id", "token_kind", "push_account_id", "push_key", "bouncer_device_id"])
    .where("user_id", "=", user).where("bouncer_device_id", "is not", null)
    .orderBy("id").execute();
  return rows.map((row) => ({
    id: row.id,
    form: "account",
    kind: kindOf(row.token_kind),
    deviceId: row.bouncer_device_id ?? 0,
    keyId: row.push_account_id,
    key: row.push_key,
  }));
}

async function newerDevices(db: Database, user: number): Promise<EncryptedDevice[]> {
  const rows = await db.selectFrom("zerver_device")
    .select(["id", "push_key", "push_key_id", "push_token_id", "push_token_kind"])
    .where("user_id", "=", user).where("push_token_id", "is not", null)
    .orderBy("id").execute();
  return rows.flatMap((row) => {
    const { id, push_key: key, push_key_id: keyId, push_token_id: deviceId } = row;
    if (key === null || keyId === null || deviceId === null) return [];
    return [{
      id,
      form: "device" as const,
      kind: kindOf(row.push_token_kind),
      deviceId,
      keyId,
      key,
    }];
  });
}

function kindOf(tokenKind: string | null): DeviceKind {
  return tokenKind === "apns" ? "apns" : "fcm";
}

/** A token that a service does not know any more. */
export interface DeadToken {
  readonly kind: DeviceKind;
  readonly token: string;
  /** Since when, if the service says it: a token that was registered later is alive. */
  readonly since?: Date | undefined;
}

/**
 * Removes dead tokens of all users: several users may have the same device. Case does not
 * matter to Apple's.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function removeTokens(db: Database, dead: readonly DeadToken[]): Promise<void> {
  for (const { kind, token, since } of dead) {
    await db.deleteFrom("zerver_pushdevicetoken")
      .where("kind", "=", kind === "apns" ? APNS : FCM)
      .$if(kind === "fcm", (query) => query.where("token", "=", token))
      .$if(
        kind === "apns",
        (query) => query.where(sql<boolean>`lower(token) = ${token.toLowerCase()}`),
      )
      .$if(since !== undefined, (query) => query.where("last_updated", "<=", since ?? new Date(0)))
      .execute();
  }
}

/**
 * Removes devices that the bouncer does not know any more. The newer table keeps the device, without
 * its token: it may register another.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function removeEncrypted(
  db: Database,
  dead: readonly Pick<EncryptedDevice, "id" | "form">[],
): Promise<void> {
  const ids = (wanted: EncryptedDevice["form"]) =>
    dead.filter(({ form }) => form === wanted).map(({ id }) => id);
  const [accounts, devices] = [ids("account"), ids("device")];
  if (accounts.length > 0) {
    await db.deleteFrom("zerver_pushdevice").where(inIds(db, "zerver_pushdevice.id", accounts))
      .execute();
  }
  if (devices.length > 0) {
    await db.updateTable("zerver_device").set({ push_token_id: null, push_token_kind: null })
      .where(inIds(db, "zerver_device.id", devices)).execute();
  }
}
