/**
 * The events of the queue `missedmessage_mobile_notifications`, as Zulip's servers of all ages publish
 * them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { z } from "zod";
import { presentTrigger } from "../messages/missed/triggers.ts";

/** A user is to be shown a message. */
export interface AddPush {
  readonly kind: "add";
  readonly userId: number;
  readonly messageId: number;
  /** Why, by the present name. */
  readonly trigger: string;
  /** The group by which the user was mentioned. */
  readonly groupId: number | null;
}

/** Messages are to be removed from a user's devices: they are read, or deleted. */
export interface RemovePush {
  readonly kind: "remove";
  readonly userId: number;
  readonly messageIds: readonly number[];
}

/** A row of `zerver_pushdevice` or `zerver_device`, by what an event names. */
export type RegisteredRow =
  /** Of servers up to 2025: the row of a user's account on a device. */
  | { readonly form: "account"; readonly accountId: bigint }
  /** Of servers from 2026 on: the row's id, and the id of the token that it gets. */
  | { readonly form: "device"; readonly deviceId: number; readonly tokenId: bigint };

/** A device for encrypted pushes: it is to be registered at the bouncer. */
export interface RegisterPush {
  readonly kind: "register";
  readonly userId: number;
  readonly row: RegisteredRow;
  /** The bouncer's key that the registration is encrypted for; base64. */
  readonly publicKey: string;
  /** For the bouncer alone; base64. */
  readonly registration: string;
}

/** An event of the queue. */
export type PushEvent = AddPush | RemovePush | RegisterPush;

const TOKEN_ID_BYTES = 8;

const id = z.int32().positive();
const text = z.string().min(1);
/** Numbers of 64 bits, which servers before 2026 wrote as texts. */
const id64 = z.union([
  z.int().transform(BigInt),
  z.bigint(),
  z.string().regex(/^-?\d{1,19}$/).transform(BigInt),
]);
const tokenId = z.base64().refine((text) => bytesOf(text).length === TOKEN_ID_BYTES)
  .transform((text) => bytesOf(text).readBigInt64BE());

const add = z.object({
  type: z.literal("add").optional(),
  user_profile_id: id,
  message_id: id,
  trigger: text,
  mentioned_user_group_id: z.int().positive().nullish(),
}).transform((event): AddPush => ({
  kind: "add",
  userId: event.user_profile_id,
  messageId: event.message_id,
  trigger: presentTrigger(event.trigger),
  groupId: event.mentioned_user_group_id ?? null,
}));

const remove = z.object({
  type: z.literal("remove"),
  user_profile_id: id,
  message_ids: z.array(id).min(1),
}).transform((event): RemovePush => ({
  kind: "remove",
  userId: event.user_profile_id,
  messageIds: [...new Set(event.message_ids)].sort((one, other) => one - other),
}));

const registration = z.object({
  user_profile_id: id,
  bouncer_public_key: text,
  encrypted_push_registration: text,
});

const register = z.object({
  type: z.literal("register_push_device_to_bouncer"),
  payload: z.union([
    registration.extend({ push_account_id: id64 }),
    registration.extend({ device_id: z.int().positive(), token_id_base64: tokenId }),
  ]),
}).transform(({ payload }): RegisterPush => ({
  kind: "register",
  userId: payload.user_profile_id,
  row: "push_account_id" in payload
    ? { form: "account", accountId: payload.push_account_id }
    : { form: "device", deviceId: payload.device_id, tokenId: payload.token_id_base64 },
  publicKey: payload.bouncer_public_key,
  registration: payload.encrypted_push_registration,
}));

/** What an event must be; other keys are ignored. */
export const pushEvent: z.ZodType<PushEvent> = z.union([add, remove, register]);

/** The shard of a user, counted from 1, as Zulip's publishers choose it. */
export function shardOfUser(userId: number, shards: number): number {
  return userId % shards + 1;
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, "base64");
}
