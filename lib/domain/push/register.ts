/**
 * Registers devices for encrypted pushes at the push bouncer.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { firstCodePoints } from "../database/text.ts";
import { type PublishWithTransaction, withOutbox } from "../database/outbox.ts";
import type { Transaction } from "kysely";
import type { Database, Tables } from "../database/tables.ts";
import type { BouncerResult, Id64, RegisterAnswer, RegisterBody } from "./bouncer_bodies.ts";
import type { RegisteredRow, RegisterPush } from "./push_event.ts";
import type { PushDecision } from "./push_outcome.ts";
import type { PushRun } from "./push_run.ts";
import { EVENTS_QUEUE } from "./realm_push.ts";

/** The result of a registration; of a row, it is stored and sent to the user. */
export type Registration =
  | { readonly kind: "active"; readonly deviceId: Id64 | undefined }
  /** It never will be; the user's app receives the code. */
  | { readonly kind: "failed"; readonly code: string }
  /** The bouncer does not know this server or realm, or refuses it: nothing about the device. */
  | { readonly kind: "retry"; readonly reason: string }
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | undefined };

/** What the bouncer says about this server or the realm, and not about the device. */
const OF_SERVER: ReadonlySet<string | undefined> = new Set([
  "MISSING_REMOTE_REALM",
  "PUSH_NOTIFICATIONS_DISALLOWED",
]);
const LONGEST_CODE = 100;

/** What follows from the bouncer's answer. To register twice does no harm. */
export function registrationOf(result: BouncerResult<RegisterAnswer>): Registration {
  switch (result.kind) {
    case "done":
      return { kind: "active", deviceId: result.answer.device_id };
    case "refused": {
      const { code = "BAD_REQUEST", reason } = result;
      if (OF_SERVER.has(code)) return { kind: "retry", reason: `${code} ${reason}` };
      return { kind: "failed", code: firstCodePoints(code, LONGEST_CODE) };
    }
    case "later":
      return { kind: "later", reason: result.reason, afterMs: result.afterMs };
    case "unknown":
      return { kind: "later", reason: result.reason, afterMs: undefined };
  }
}

/** A registration cannot be made with these settings, or with this answer. */
export class RegistrationError extends Error {
  /** Always `RegistrationError`. */
  override readonly name = "RegistrationError";
}

/**
 * Registers a device.
 *
 * @throws {PushUnavailable} When the bouncer as a whole cannot be used.
 * @throws {RegistrationError} When no bouncer is configured, or its answer lacks the device's id.
 * @throws {DatabaseError} When the database is lost.
 */
export async function register(event: RegisterPush, run: PushRun): Promise<PushDecision> {
  const { db, way: { bouncer }, ctx, signal } = run;
  if (!bouncer) throw new RegistrationError(NO_BOUNCER);
  const row = await waitingRow(db, event);
  if (!row) {
    ctx.log.info("User {user} has no device that waits to be registered", { user: event.userId });
    return { kind: "done" };
  }
  const registration = registrationOf(await bouncer.register(bodyOf(event, row), signal));
  const name = nameOf(event.row);
  if (registration.kind === "later") return registration;
  if (registration.kind === "retry") {
    const reason = `Push device registration request for ${name} failed: ${registration.reason}`;
    ctx.log.error("{reason}", { reason });
    return { kind: "again", reason };
  }
  if (registration.kind === "failed" && registration.code === "REQUEST_EXPIRED") {
    ctx.log.error("Push registration request for {name} expired.", { name });
  }
  await withOutbox(db, ctx, (trx, publish) => store(trx, publish, event, row.id, registration));
  return { kind: "done" };
}

const NO_BOUNCER = "Devices register for encrypted pushes at the push bouncer, and none is " +
  "configured: set ZULIP_SERVICE_PUSH_NOTIFICATIONS to true, and ZULIP_ORG_ID and ZULIP_ORG_KEY";

interface WaitingRow {
  readonly id: number;
  readonly realmUuid: string;
}

/** The row, if it is not registered yet; that of the newer table, if no other token came since. */
async function waitingRow(
  db: Database,
  { userId, row }: RegisterPush,
): Promise<WaitingRow | undefined> {
  const users = db.selectFrom("zerver_userprofile as user")
    .innerJoin("zerver_realm as realm", "realm.id", "user.realm_id").where("user.id", "=", userId);
  const found = row.form === "account"
    ? await users.innerJoin("zerver_pushdevice as device", "device.user_id", "user.id")
      .select(["device.id", "realm.uuid"])
      .where("device.push_account_id", "=", row.accountId)
      .where("device.bouncer_device_id", "is", null).executeTakeFirst()
    : await users.innerJoin("zerver_device as device", "device.user_id", "user.id")
      .select(["device.id", "realm.uuid"])
      .where("device.id", "=", row.deviceId)
      .where("device.pending_push_token_id", "=", row.tokenId).executeTakeFirst();
  return found && { id: found.id, realmUuid: found.uuid };
}

function bodyOf(
  { row, publicKey, registration }: RegisterPush,
  { realmUuid }: WaitingRow,
): RegisterBody {
  return {
    realm_uuid: realmUuid,
    ...row.form === "account" ? { push_account_id: row.accountId } : { token_id: row.tokenId },
    encrypted_push_registration: registration,
    bouncer_public_key: publicKey,
  };
}

/** The event for the user's clients; `undefined` if the row no longer waits, and nothing was stored. */
type Told = Readonly<Record<string, unknown>> | undefined;
type Settled = Extract<Registration, { kind: "active" | "failed" }>;

async function store(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  { userId, row }: RegisterPush,
  id: number,
  settled: Settled,
): Promise<void> {
  const event = row.form === "account"
    ? await storeAccount(trx, id, row.accountId, settled)
    : await storeDevice(trx, id, row.tokenId, settled);
  if (event) publish(EVENTS_QUEUE, { event, users: [userId] });
}

async function storeAccount(
  trx: Transaction<Tables>,
  id: number,
  accountId: bigint,
  settled: Settled,
): Promise<Told> {
  const event = { type: "push_device", push_account_id: String(accountId) };
  const update = trx.updateTable("zerver_pushdevice").where("id", "=", id)
    .where("bouncer_device_id", "is", null);
  if (settled.kind === "failed") {
    const end = await update.set({ error_code: settled.code }).executeTakeFirst();
    return changed(end) && { ...event, status: "failed", error_code: settled.code };
  }
  if (settled.deviceId === undefined) throw new RegistrationError(NO_ID);
  const values = { bouncer_device_id: Number(settled.deviceId), error_code: null };
  return changed(await update.set(values).executeTakeFirst()) && { ...event, status: "active" };
}

function changed({ numUpdatedRows }: { readonly numUpdatedRows: bigint }): true | undefined {
  return numUpdatedRows > 0n || undefined;
}

const NO_ID = "The push bouncer answered a registration without device_id: it may be of another " +
  "version than this server";

async function storeDevice(
  trx: Transaction<Tables>,
  id: number,
  tokenId: bigint,
  settled: Settled,
): Promise<Told> {
  const event = { type: "device", op: "update", device_id: id };
  const update = trx.updateTable("zerver_device").where("id", "=", id)
    .where("pending_push_token_id", "=", tokenId);
  if (settled.kind === "failed") {
    const end = await update.set({ push_registration_error_code: settled.code })
      .executeTakeFirst();
    return changed(end) && { ...event, push_registration_error_code: settled.code };
  }
  const end = await update.set({
    push_token_id: tokenId,
    pending_push_token_id: null,
    push_registration_error_code: null,
  }).executeTakeFirst();
  return changed(end) &&
    { ...event, push_token_id: base64Of(tokenId), pending_push_token_id: null };
}

/** The id of a token as clients know it: its 8 bytes in base64. */
export function base64Of(tokenId: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(tokenId);
  return bytes.toString("base64");
}

function nameOf(row: RegisteredRow): string {
  return row.form === "account" ? `push_account_id=${row.accountId}` : `device_id=${row.deviceId}`;
}
