/**
 * The way that pushes take: through the push bouncer, or to Apple and Google directly.
 *
 * @module
 */

import { Breaker } from "../http/breaker.ts";
import type { BouncerTransport } from "./bouncer_bodies.ts";
import { bouncerParcels, reachableByBouncer } from "./by_bouncer.ts";
import type { PushContents } from "./contents.ts";
import type { Devices } from "./devices.ts";
import { directlyReachable, directParcels, type DirectServices, type Reachable } from "./direct.ts";
import type { Posting } from "./forms.ts";
import type { Parcel } from "./parcel.ts";
import {
  type ApnsTransport,
  type DeviceOutcome,
  type FcmTransport,
  type PushServiceName,
  PushUnavailable,
} from "./push_transport.ts";
import type { PushReader } from "./reader.ts";

/** The services that are configured. */
export interface ConfiguredServices {
  readonly bouncer: BouncerTransport | undefined;
  /** `undefined` with a bouncer. */
  readonly apns: ApnsTransport | undefined;
  /** `undefined` with a bouncer. */
  readonly fcm: FcmTransport | undefined;
}

/** How pushes go to devices. */
export interface PushWay {
  /** How many services there are. */
  readonly services: number;
  /** `undefined` where Apple and Google are called directly. */
  readonly bouncer: BouncerTransport | undefined;
  /** Those of a user's devices that a push can go to. */
  reachable(devices: Devices): Reachable;
  /**
   * The requests by which a push goes to a user's devices.
   *
   * @param devices Of `reachable`.
   * @param now ms since 1970.
   */
  parcels(
    reader: PushReader,
    devices: Devices,
    contents: PushContents,
    posting: Posting,
    now: number,
  ): readonly Parcel[];
}

/** The way of the services that are configured; `undefined` where none is. */
export function pushWay({ bouncer, apns, fcm }: ConfiguredServices): PushWay | undefined {
  if (bouncer) return byBouncer(bouncer);
  if (!apns && !fcm) return undefined;
  // An unavailable service would make each event wait for it, although another works.
  const isAlone = !apns || !fcm;
  return direct({
    apns: apns && !isAlone ? guarded("APNs", apns) : apns,
    fcm: fcm && !isAlone ? guarded("FCM", fcm) : fcm,
  }, isAlone ? 1 : 2);
}

function byBouncer(bouncer: BouncerTransport): PushWay {
  return {
    ...{ services: 1, bouncer },
    reachable: reachableByBouncer,
    parcels(reader, devices, contents, posting) {
      const { id: user_id, uuid: user_uuid, realm: { uuid: realm_uuid } } = reader;
      const user = { user_uuid, user_id, realm_uuid };
      return bouncerParcels(bouncer, user, devices, contents, posting);
    },
  };
}

function direct(transports: DirectServices, services: number): PushWay {
  return {
    ...{ services, bouncer: undefined },
    reachable: (devices) => directlyReachable(transports, devices),
    parcels(_, ...push) {
      return directParcels(transports, ...push);
    },
  };
}

/** A service that is not called for a while after it was away several times in a row. */
function guarded<Notification>(
  name: PushServiceName,
  service: {
    send(notification: Notification, signal: AbortSignal): Promise<DeviceOutcome>;
  } & AsyncDisposable,
) {
  const breaker = new Breaker();
  return {
    async send(notification: Notification, signal: AbortSignal): Promise<DeviceOutcome> {
      const afterMs = breaker.mayCall(Date.now());
      if (afterMs > 0) {
        throw new PushUnavailable(name, `${name} was away a moment ago`, { afterMs });
      }
      try {
        const outcome = await service.send(notification, signal);
        breaker.succeeded();
        return outcome;
      } catch (error) {
        if (error instanceof PushUnavailable) breaker.failed(Date.now());
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
