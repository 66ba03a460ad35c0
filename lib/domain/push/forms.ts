/**
 * Pushes in the forms of the services: Apple's, Google's, and the push bouncer's for each.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type {
  ApnsPushRequest,
  BouncerUser,
  EncryptedNotifyBody,
  FcmPushRequest,
  NotifyBody,
} from "./bouncer_bodies.ts";
import type { PushContents } from "./contents.ts";
import type { EncryptedDevice, LegacyDevice } from "./devices.ts";
import { encryptForDevice } from "./encrypt.ts";
import type { ApnsNotification, FcmNotification } from "./push_transport.ts";

/** What a push has besides its contents. */
export interface Posting {
  /** The same for the same push to the same user: another attempt replaces what it has shown. */
  readonly key: string;
  /** Until when a service keeps it for a device that is off. */
  readonly expiresAt: Date;
  /** The title of an encrypted push, where the app cannot decrypt it. */
  readonly encryptedTitle: string;
}

const HIGH = 10;
const LOW = 5;

/** A push for Apple. @param topic The app's bundle id. */
export function apnsNotification(
  { isRemoval, apns, zulip }: PushContents,
  { key, expiresAt }: Posting,
  token: string,
  topic: string,
): ApnsNotification {
  return {
    ...{ token, topic, expiresAt },
    // Also where only the badge changes: a push that changes what is shown is no background push.
    pushType: "alert",
    priority: isRemoval ? LOW : HIGH,
    payload: { aps: apns, zulip },
    id: uuidOf(`${key} ${token}`),
    ...!isRemoval && { collapseId: uuidOf(key) },
  };
}

/** A push for Google. @param now ms since 1970. */
export function fcmNotification(
  { isRemoval, fcm }: PushContents,
  { expiresAt }: Posting,
  token: string,
  now: number,
): FcmNotification {
  const data = Object.entries(fcm).map(([key, value]) => [key, String(value)]);
  const left = Math.max(0, Math.floor((expiresAt.getTime() - now) / 1000));
  const android = { priority: isRemoval ? "NORMAL" : "HIGH", ttl: `${left}s` };
  return { token, message: { data: Object.fromEntries(data), android } };
}

/** The pushes to all of a user's devices with the older registration, for the bouncer. */
export function notifyBody(
  { isRemoval, apns, zulip, fcm }: PushContents,
  user: BouncerUser,
  devices: readonly LegacyDevice[],
): NotifyBody {
  const tokens = (wanted: LegacyDevice["kind"]) =>
    devices.filter(({ kind }) => kind === wanted).map(({ token }) => token);
  return {
    ...user,
    apns_payload: { ...apns, custom: { zulip } },
    gcm_payload: fcm,
    gcm_options: { priority: isRemoval ? "normal" : "high" },
    android_devices: tokens("fcm"),
    apple_devices: tokens("apns"),
  };
}

/**
 * The encrypted pushes to a user's devices, for the bouncer.
 *
 * @throws {PushKeyError} When the key of a device cannot be used.
 */
export function encryptedBody(
  contents: PushContents,
  posting: Pick<Posting, "encryptedTitle">,
  realmUuid: string,
  devices: readonly EncryptedDevice[],
): EncryptedNotifyBody {
  const text = JSON.stringify(contents.secret);
  const requests = devices.map((device) => encryptedRequest(contents, posting, device, text));
  return { realm_uuid: realmUuid, push_requests: requests };
}

function encryptedRequest(
  { isRemoval }: PushContents,
  { encryptedTitle: title }: Pick<Posting, "encryptedTitle">,
  { form, kind, key, keyId, deviceId }: EncryptedDevice,
  text: string,
): ApnsPushRequest | FcmPushRequest {
  const encrypted_data = encryptForDevice(key, text);
  const isOlder = form === "account";
  const device = isOlder ? { device_id: deviceId } : { token_id: deviceId };
  const payload = {
    ...isOlder ? { push_account_id: keyId } : { push_key_id: keyId },
    encrypted_data,
  };
  if (kind === "fcm") {
    return { ...device, fcm_priority: isRemoval ? "normal" : "high", payload };
  }
  return {
    ...device,
    http_headers: {
      apns_priority: isRemoval ? LOW : HIGH,
      apns_push_type: isRemoval ? "background" : "alert",
    },
    payload: { ...payload, aps: { "mutable-content": 1, alert: { title } } },
  };
}

/** A UUID of version 8, whose bits follow from a text. */
export function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
