/**
 * Pushes to Apple and Google directly.
 *
 * @module
 */

import type { PushContents } from "./contents.ts";
import type { Devices, LegacyDevice } from "./devices.ts";
import { apnsNotification, fcmNotification, type Posting } from "./forms.ts";
import { type Addressed, legacyStep, type Parcel } from "./parcel.ts";
import type { ApnsTransport, DeviceOutcome, FcmTransport } from "./push_transport.ts";

/** The services that are configured. */
export interface DirectServices {
  readonly apns: ApnsTransport | undefined;
  readonly fcm: FcmTransport | undefined;
}

/** Those of a user's devices that a push can go to, and the problems of the others. */
export interface Reachable {
  readonly devices: Devices;
  /** Sentences. */
  readonly problems: readonly string[];
}

const NO_APP =
  "has no ios_app_id, which APNs needs: it gets no pushes until its app registers again";

/** Those of a user's devices that Apple and Google reach. Encrypted pushes need the push bouncer. */
export function directlyReachable({ apns, fcm }: DirectServices, { legacy }: Devices): Reachable {
  const served = legacy.filter(({ kind }) => (kind === "apns" ? apns : fcm) !== undefined);
  const lacksApp = ({ kind, appId }: LegacyDevice) => kind === "apns" && appId === null;
  return {
    devices: { legacy: served.filter((device) => !lacksApp(device)), encrypted: [] },
    problems: served.filter(lacksApp).map(({ id }) => `Device ${id} ${NO_APP}`),
  };
}

/**
 * The requests by which a push goes to devices, one for each.
 *
 * @param devices Of {@linkcode directlyReachable}.
 * @param now ms since 1970.
 */
export function directParcels(
  { apns, fcm }: DirectServices,
  { legacy }: Devices,
  contents: PushContents,
  posting: Posting,
  now: number,
): Parcel[] {
  return legacy.flatMap((device) => {
    const { kind, token, appId } = device;
    if (kind === "fcm") {
      const push = fcmNotification(contents, posting, token, now);
      return fcm ? [parcelOf("FCM", device, (signal) => fcm.send(push, signal))] : [];
    }
    const push = apnsNotification(contents, posting, token, appId ?? "");
    return apns ? [parcelOf("APNs", device, (signal) => apns.send(push, signal))] : [];
  });
}

function parcelOf(
  service: "APNs" | "FCM",
  legacy: LegacyDevice,
  push: (signal: AbortSignal) => Promise<DeviceOutcome>,
): Parcel {
  const step = legacyStep(legacy);
  const devices: Addressed[] = [{ step, legacy }];
  return {
    service,
    devices,
    async send(_, signal) {
      const outcome = await push(signal);
      return { outcomes: new Map([[step, outcome]]), sent: outcome.kind === "sent" ? 1 : 0 };
    },
  };
}
