/**
 * What is sent to the push bouncer, and what it answers, with the names that its API has.
 *
 * @module
 */

import { z } from "zod";
import type { TryLater, UnknownOutcome } from "./push_transport.ts";

/** An id of 64 bits: a bigint where a number would not hold it. */
export type Id64 = number | bigint;

/** Whose devices are meant. */
export interface BouncerUser {
  readonly user_uuid: string;
  readonly user_id: number;
  readonly realm_uuid: string;
}

/** `push/notify`: the pushes to all of a user's devices with the older registration. */
export interface NotifyBody extends BouncerUser {
  readonly apns_payload: Readonly<Record<string, unknown>>;
  readonly gcm_payload: Readonly<Record<string, unknown>>;
  readonly gcm_options: Readonly<Record<string, unknown>>;
  /** Tokens. */
  readonly android_devices: readonly string[];
  /** Tokens. */
  readonly apple_devices: readonly string[];
}

/** A push that is encrypted for one device. */
export interface EncryptedPayload {
  /** By which the device finds its key; the newer form has `push_key_id` instead. */
  readonly push_account_id?: Id64;
  readonly push_key_id?: Id64;
  /** Base64. */
  readonly encrypted_data: string;
}

/** A push through APNs, for one device. */
export interface ApnsPushRequest {
  /** The bouncer's id of the device; the newer form has `token_id` instead. */
  readonly device_id?: Id64;
  readonly token_id?: Id64;
  readonly http_headers: {
    readonly apns_priority: 5 | 10;
    readonly apns_push_type: "alert" | "background";
  };
  readonly payload: EncryptedPayload & { readonly aps: Readonly<Record<string, unknown>> };
}

/** A push through FCM, for one device. */
export interface FcmPushRequest {
  /** The bouncer's id of the device; the newer form has `token_id` instead. */
  readonly device_id?: Id64;
  readonly token_id?: Id64;
  readonly fcm_priority: "high" | "normal";
  readonly payload: EncryptedPayload;
}

/** `push/e2ee/notify`: encrypted pushes, one for each device. */
export interface EncryptedNotifyBody {
  readonly realm_uuid: string;
  readonly push_requests: readonly (ApnsPushRequest | FcmPushRequest)[];
}

/** `push/e2ee/register`: a device for encrypted pushes. */
export interface RegisterBody {
  readonly realm_uuid: string;
  /** Which registration of the user's device it is; the newer form has `token_id` instead. */
  readonly push_account_id?: Id64;
  readonly token_id?: Id64;
  /** Base64, for the bouncer alone. */
  readonly encrypted_push_registration: string;
  /** Base64: the key of the bouncer that it is encrypted for. */
  readonly bouncer_public_key: string;
}

const id64 = z.union([z.int(), z.bigint()]);
const count = z.int().nonnegative();
const tokens = z.array(z.string()).default([]);

/** Whether a realm may push, and until when. */
const realmStatus = z.object({
  can_push: z.boolean(),
  /** Seconds since 1970; null: no end is known. */
  expected_end_timestamp: z.number().nullable(),
});

/** Whether a realm may push, and until when. */
export type RealmPushStatus = z.infer<typeof realmStatus>;

/** The answer to {@linkcode NotifyBody}. */
export const notifyAnswer = z.object({
  /** Pushes that were sent. */
  total_android_devices: count,
  total_apple_devices: count,
  /** Tokens that are dead: remove them. */
  deleted_devices: z.object({ android_devices: tokens, apple_devices: tokens })
    .default({ android_devices: [], apple_devices: [] }),
  /** null where the bouncer does not know the realm. */
  realm: realmStatus.nullable().default(null),
});

/** The answer to {@linkcode EncryptedNotifyBody}. */
export const encryptedNotifyAnswer = z.object({
  /** Pushes that were sent. */
  android_successfully_sent_count: count,
  apple_successfully_sent_count: count,
  /** Devices that no longer exist, by the bouncer's ids: remove them. */
  delete_device_ids: z.array(id64).default([]),
  realm_push_status: realmStatus.nullable().default(null),
});

/** The answer to {@linkcode RegisterBody}. */
export const registerAnswer = z.object({
  /** The bouncer's id of the device; the newer form needs none. */
  device_id: id64.optional(),
});

/** The answer to a report of the server: its realms by UUID. */
export const serverAnswer = z.object({ realms: z.record(z.string(), realmStatus) });

/** The answer to a device's, or a user's, end: nothing of it matters. */
export const unregisterAnswer = z.record(z.string(), z.unknown());

/** The answer to the question how much of the reports has arrived: nothing of it matters. */
export const statusAnswer = z.record(z.string(), z.unknown());

/** The answer to {@linkcode NotifyBody}. */
export type NotifyAnswer = z.infer<typeof notifyAnswer>;
/** The answer to {@linkcode EncryptedNotifyBody}. */
export type EncryptedNotifyAnswer = z.infer<typeof encryptedNotifyAnswer>;
/** The answer to {@linkcode RegisterBody}. */
export type RegisterAnswer = z.infer<typeof registerAnswer>;
/** The answer to a report of the server. */
export type ServerAnswer = z.infer<typeof serverAnswer>;

/** What the bouncer made of a request. */
export type BouncerResult<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  /** The same request will be refused again. */
  | {
    readonly kind: "refused";
    /** Such as `PUSH_NOTIFICATIONS_DISALLOWED`, `MISSING_REMOTE_REALM`, `REQUEST_EXPIRED`. */
    readonly code: string | undefined;
    /** The bouncer's words. */
    readonly reason: string;
  }
  | TryLater
  | UnknownOutcome;

/** The push bouncer, which sends to Apple and Google for servers that have no keys of theirs. */
export interface BouncerTransport extends AsyncDisposable {
  /**
   * Pushes to a user's devices.
   *
   * @throws {PushUnavailable} When it is not reached or does not accept our key: nothing was sent.
   * @throws The signal's reason when it is aborted: the pushes may have been delivered.
   */
  notify(body: NotifyBody, signal: AbortSignal): Promise<BouncerResult<NotifyAnswer>>;
  /** Pushes what is encrypted for each device. @throws As {@linkcode notify}. */
  notifyE2ee(
    body: EncryptedNotifyBody,
    signal: AbortSignal,
  ): Promise<BouncerResult<EncryptedNotifyAnswer>>;
  /** Registers a device for encrypted pushes. @throws As {@linkcode notify}. */
  register(body: RegisterBody, signal: AbortSignal): Promise<BouncerResult<RegisterAnswer>>;
  /** Forgets all of a user's devices of the older registration. @throws As {@linkcode notify}. */
  unregisterAll(
    user: BouncerUser,
    signal: AbortSignal,
  ): Promise<BouncerResult<Record<string, unknown>>>;
  /**
   * Reports this server and its realms (`server/analytics`), which may take 90 s.
   *
   * @param fields The fields of the form: each is a text, or JSON in a text.
   * @throws As {@linkcode notify}.
   */
  reportServer(
    fields: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<BouncerResult<ServerAnswer>>;
}
