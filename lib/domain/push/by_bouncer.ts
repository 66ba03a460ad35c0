/**
 * Pushes through the push bouncer: one request for the devices with the older registration, and one
 * for those whose pushes are encrypted.
 *
 * @module
 */

import type {
  BouncerResult,
  BouncerTransport,
  BouncerUser,
  EncryptedNotifyAnswer,
  NotifyAnswer,
  RealmPushStatus,
} from "./bouncer_bodies.ts";
import type { PushContents } from "./contents.ts";
import type { Reachable } from "./direct.ts";
import type { Devices, EncryptedDevice, LegacyDevice } from "./devices.ts";
import { encryptForDevice, PushKeyError } from "./encrypt.ts";
import { encryptedBody, notifyBody, type Posting } from "./forms.ts";
import { allAlike, encryptedStep, legacyStep, type Parcel, type ParcelResult } from "./parcel.ts";
import type { DeviceOutcome } from "./push_transport.ts";

type Legacy = { readonly step: string; readonly legacy: LegacyDevice };
type Encrypted = { readonly step: string; readonly encrypted: EncryptedDevice };

/** The bouncer does not push for a realm, until it says otherwise. */
const DISALLOWED: ReadonlySet<string | undefined> = new Set([
  "PUSH_NOTIFICATIONS_DISALLOWED",
  "MISSING_REMOTE_REALM",
]);
const NO_PUSH: RealmPushStatus = { can_push: false, expected_end_timestamp: null };

/** Those of a user's devices that the bouncer reaches. */
export function reachableByBouncer({ legacy, encrypted }: Devices): Reachable {
  const problems = encrypted.map(keyProblem);
  return {
    devices: { legacy, encrypted: encrypted.filter((_, at) => problems[at] === undefined) },
    problems: problems.filter((problem) => problem !== undefined),
  };
}

/**
 * The requests by which a push goes to a user's devices.
 *
 * @param devices Of {@linkcode reachableByBouncer}.
 */
export function bouncerParcels(
  bouncer: BouncerTransport,
  user: BouncerUser,
  { legacy, encrypted }: Devices,
  contents: PushContents,
  posting: Posting,
): Parcel[] {
  const parcels = [
    legacy.length > 0 && legacyParcel(bouncer, user, legacy, contents),
    encrypted.length > 0 && encryptedParcel(bouncer, user, encrypted, contents, posting),
  ];
  return parcels.filter((parcel) => parcel !== false);
}

function keyProblem(device: EncryptedDevice): string | undefined {
  try {
    encryptForDevice(device.key, "");
    return undefined;
  } catch (error) {
    if (error instanceof PushKeyError) return `Device ${device.id}: ${error.message}`;
    throw error;
  }
}

function legacyParcel(
  bouncer: BouncerTransport,
  user: BouncerUser,
  devices: readonly LegacyDevice[],
  contents: PushContents,
): Parcel {
  const all = devices.map((legacy) => ({ step: legacyStep(legacy), legacy }));
  return {
    service: "push bouncer",
    devices: all,
    async send(steps, signal) {
      const some = all.filter(({ step }) => steps.has(step));
      const body = notifyBody(contents, user, some.map(({ legacy }) => legacy));
      return legacyResult(some, await bouncer.notify(body, signal));
    },
  };
}

function legacyResult(
  devices: readonly Legacy[],
  result: BouncerResult<NotifyAnswer>,
): ParcelResult {
  if (result.kind !== "done") return notDone(devices, result);
  const { answer } = result;
  const { android_devices: android, apple_devices } = answer.deleted_devices;
  const apple = apple_devices.map((token) => token.toLowerCase());
  const isDead = ({ kind, token }: LegacyDevice) =>
    kind === "fcm" ? android.includes(token) : apple.includes(token.toLowerCase());
  return {
    outcomes: new Map(devices.map(({ step, legacy }) => [step, outcomeOf(isDead(legacy))])),
    sent: answer.total_android_devices + answer.total_apple_devices,
    ...answer.realm && { realm: answer.realm },
  };
}

function encryptedParcel(
  bouncer: BouncerTransport,
  user: BouncerUser,
  devices: readonly EncryptedDevice[],
  contents: PushContents,
  posting: Posting,
): Parcel {
  const all = devices.map((encrypted) => ({ step: encryptedStep(encrypted), encrypted }));
  return {
    service: "push bouncer",
    devices: all,
    async send(steps, signal) {
      const some = all.filter(({ step }) => steps.has(step));
      const these = some.map(({ encrypted }) => encrypted);
      const body = encryptedBody(contents, posting, user.realm_uuid, these);
      return encryptedResult(some, await bouncer.notifyE2ee(body, signal));
    },
  };
}

function encryptedResult(
  devices: readonly Encrypted[],
  result: BouncerResult<EncryptedNotifyAnswer>,
): ParcelResult {
  if (result.kind !== "done") return notDone(devices, result);
  const { answer } = result;
  const dead = new Set(answer.delete_device_ids.map(String));
  const isDead = ({ deviceId }: EncryptedDevice) => dead.has(String(deviceId));
  return {
    outcomes: new Map(devices.map(({ step, encrypted }) => [step, outcomeOf(isDead(encrypted))])),
    sent: answer.android_successfully_sent_count + answer.apple_successfully_sent_count,
    ...answer.realm_push_status && { realm: answer.realm_push_status },
  };
}

function outcomeOf(isDead: boolean): DeviceOutcome {
  return isDead ? { kind: "dead", reason: "the push bouncer does not know it" } : { kind: "sent" };
}

/** Nothing was sent to any device. */
function notDone(
  devices: readonly (Legacy | Encrypted)[],
  result: Exclude<BouncerResult<unknown>, { kind: "done" }>,
): ParcelResult {
  if (result.kind !== "refused") return { ...allAlike(devices, result), sent: 0 };
  const { code, reason } = result;
  return {
    ...allAlike(devices, { kind: "refused", reason }),
    sent: 0,
    ...DISALLOWED.has(code) && { realm: NO_PUSH },
  };
}
