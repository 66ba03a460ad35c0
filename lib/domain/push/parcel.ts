/**
 * The requests by which one push goes to a user's devices: one for each device where Apple and Google
 * are called directly, two at most where the bouncer is.
 *
 * @module
 */

import type { RealmPushStatus } from "./bouncer_bodies.ts";
import type { DeadToken, EncryptedDevice, LegacyDevice } from "./devices.ts";
import type { DeviceOutcome, PushServiceName } from "./push_transport.ts";

/** A device, and the name of the step that pushes to it. */
export type Addressed =
  | { readonly step: string; readonly legacy: LegacyDevice }
  | { readonly step: string; readonly encrypted: EncryptedDevice };

/** A request. */
export interface Parcel {
  readonly service: PushServiceName;
  readonly devices: readonly Addressed[];
  /**
   * Pushes to some of its devices.
   *
   * @param steps Theirs.
   * @throws {PushUnavailable} When the service as a whole cannot be used.
   * @throws The signal's reason when it is aborted: the pushes may have been delivered.
   */
  send(steps: ReadonlySet<string>, signal: AbortSignal): Promise<ParcelResult>;
}

/** The outcome of a request. */
export interface ParcelResult {
  /** By step. */
  readonly outcomes: ReadonlyMap<string, DeviceOutcome>;
  /** Pushes that the service says it has sent. */
  readonly sent: number;
  /** What the service says of the realm, if it does. */
  readonly realm?: RealmPushStatus | undefined;
}

/** The step that pushes to a device with the older registration. Case does not matter to Apple. */
export function legacyStep({ kind, token }: LegacyDevice): string {
  return `${kind} ${kind === "apns" ? token.toLowerCase() : token}`;
}

/** The step that pushes to a device whose pushes are encrypted. */
export function encryptedStep({ form, deviceId }: EncryptedDevice): string {
  return `${form} ${deviceId}`;
}

/** The same outcome for all devices of a request. */
export function allAlike(
  devices: readonly Addressed[],
  outcome: DeviceOutcome,
): Pick<ParcelResult, "outcomes"> {
  return { outcomes: new Map(devices.map(({ step }) => [step, outcome])) };
}

/** The token that a service does not know any more. */
export function deadToken(
  { kind, token }: LegacyDevice,
  { since }: Extract<DeviceOutcome, { kind: "dead" }>,
): DeadToken {
  return { kind, token, ...since && { since } };
}
