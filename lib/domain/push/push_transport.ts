/**
 * What the services that carry pushes are given, and what they answer: the same for Apple's, Google's
 * and the push bouncer, whatever they say in their own words.
 *
 * @module
 */

/** A service that carries pushes. */
export type PushServiceName = "APNs" | "FCM" | "push bouncer";

/** The same push may be accepted later; the service did not take it. */
export interface TryLater {
  readonly kind: "later";
  /** Why, without the device's token: `429 TooManyRequests`. */
  readonly reason: string;
  /** ms that the service asks to wait; absent: it asks for no wait. */
  readonly afterMs?: number;
}

/** The request was out and had no answer: the push may have been delivered. */
export interface UnknownOutcome {
  readonly kind: "unknown";
  readonly reason: string;
}

/** The outcome of a push to one device. Reasons never contain the device's token. */
export type DeviceOutcome =
  /** The service has taken it. */
  | {
    readonly kind: "sent";
    /** What APNs calls the push. */
    readonly apnsId?: string;
  }
  /** The app was removed from the device, or the token was never valid: remove it. */
  | {
    readonly kind: "dead";
    readonly reason: string;
    /** Since when the token is dead, as APNs says it: one that was registered later is alive. */
    readonly since?: Date;
  }
  /** The same push will be refused again. The token stays. */
  | { readonly kind: "refused"; readonly reason: string }
  | TryLater
  | UnknownOutcome;

/**
 * Thrown when a service as a whole cannot be used: it is not reached, or it refuses our credentials.
 * Nothing was delivered, and no other push would be: the queue should wait.
 */
export class PushUnavailable extends Error {
  /** Always `PushUnavailable`. */
  override readonly name = "PushUnavailable";
  /** Which service. */
  readonly service: PushServiceName;
  /** The problem, where it is, and what to do: a sentence without its period, and without secrets. */
  readonly reason: string;
  /** ms that the service asks to wait; `undefined`: it asks for no wait. */
  readonly afterMs: number | undefined;

  /** @param options `afterMs`: ms for which to leave the service alone; `cause`: what was thrown. */
  constructor(
    service: PushServiceName,
    reason: string,
    options: { readonly afterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(reason, { cause: options.cause });
    this.service = service;
    this.reason = reason;
    this.afterMs = options.afterMs;
  }
}

/** A push for APNs. */
export interface ApnsNotification {
  /** The device's token, in hexadecimal. */
  readonly token: string;
  /** The app's bundle id. */
  readonly topic: string;
  readonly pushType: "alert" | "background";
  /** What the app gets, with `aps`; as JSON at most 4096 bytes. */
  readonly payload: unknown;
  /** Until when Apple keeps it for a device that is off. */
  readonly expiresAt: Date;
  /** 10: at once. 5: when it suits the device's battery. */
  readonly priority: 5 | 10;
  /** Pushes with the same one, at most 64 bytes, are shown as one. */
  readonly collapseId?: string;
  /** A UUID, by which Apple names the push. */
  readonly id: string;
}

/** A push for FCM. */
export interface FcmNotification {
  /** The device's registration token. */
  readonly token: string;
  /** `message` of FCM's HTTP v1 API, without its token. The values of `data` are strings. */
  readonly message: Readonly<Record<string, unknown>>;
}

/** What carries pushes to Apple's devices. */
export interface ApnsTransport extends AsyncDisposable {
  /**
   * Sends one push.
   *
   * @throws {PushUnavailable} When no push can be sent now.
   * @throws The signal's reason when it is aborted: the push may have been delivered.
   */
  send(notification: ApnsNotification, signal: AbortSignal): Promise<DeviceOutcome>;
}

/** What carries pushes to Android devices. */
export interface FcmTransport extends AsyncDisposable {
  /** Sends one push. @throws As {@linkcode ApnsTransport.send}. */
  send(notification: FcmNotification, signal: AbortSignal): Promise<DeviceOutcome>;
}
