/**
 * Push services that answer what a test says, and keep what they got. What the real ones do over HTTP
 * is shown with test servers.
 *
 * @module
 */

import type {
  BouncerResult,
  BouncerTransport,
  EncryptedNotifyAnswer,
  EncryptedNotifyBody,
  NotifyAnswer,
  NotifyBody,
  RegisterAnswer,
  RegisterBody,
} from "../../../lib/domain/push/bouncer_bodies.ts";
import type {
  ApnsNotification,
  DeviceOutcome,
  FcmNotification,
} from "../../../lib/domain/push/push_transport.ts";

const SENT: DeviceOutcome = { kind: "sent" };

/** Apple's or Google's service. */
export class FakeService<Notification extends { readonly token: string }> {
  readonly got: Notification[] = [];
  /** The next answers for a token; without one, the push is sent. */
  readonly answers = new Map<string, (DeviceOutcome | Error)[]>();

  readonly send = (notification: Notification): Promise<DeviceOutcome> => {
    this.got.push(notification);
    const answer = this.answers.get(notification.token)?.shift() ?? SENT;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };

  /** How many requests there were for each token. */
  get counts(): Record<string, number> {
    const groups = Map.groupBy(this.got, ({ token }) => token);
    return Object.fromEntries([...groups].map(([token, { length }]) => [token, length]).sort());
  }

  [Symbol.asyncDispose] = () => Promise.resolve();
}

/** Apple's service. */
export type FakeApns = FakeService<ApnsNotification>;
/** Google's service. */
export type FakeFcm = FakeService<FcmNotification>;

type Next<Answer> = (BouncerResult<Answer> | Error)[];

/** The push bouncer. Without another answer it sends everything. */
export class FakeBouncer implements BouncerTransport {
  readonly notified: NotifyBody[] = [];
  readonly encrypted: EncryptedNotifyBody[] = [];
  readonly registered: RegisterBody[] = [];
  readonly answers: {
    readonly notify: Next<NotifyAnswer>;
    readonly encrypted: Next<EncryptedNotifyAnswer>;
    readonly register: Next<RegisterAnswer>;
  } = { notify: [], encrypted: [], register: [] };

  readonly notify = (body: NotifyBody) => {
    this.notified.push(body);
    return next(this.answers.notify, notified(body));
  };

  readonly notifyE2ee = (body: EncryptedNotifyBody) => {
    this.encrypted.push(body);
    return next(this.answers.encrypted, encrypted(body));
  };

  readonly register = (body: RegisterBody) => {
    this.registered.push(body);
    return next(this.answers.register, { device_id: 1000 + this.registered.length });
  };

  unregisterAll = () => Promise.reject(new Error("not used"));
  reportServer = () => Promise.reject(new Error("not used"));
  [Symbol.asyncDispose] = () => Promise.resolve();
}

/** That all of a request was sent. */
export function notified(
  { android_devices, apple_devices }: Pick<NotifyBody, "android_devices" | "apple_devices">,
): NotifyAnswer {
  return {
    total_android_devices: android_devices.length,
    total_apple_devices: apple_devices.length,
    deleted_devices: { android_devices: [], apple_devices: [] },
    realm: null,
  };
}

function encrypted({ push_requests }: EncryptedNotifyBody): EncryptedNotifyAnswer {
  const android = push_requests.filter((request) => "fcm_priority" in request).length;
  return {
    android_successfully_sent_count: android,
    apple_successfully_sent_count: push_requests.length - android,
    delete_device_ids: [],
    realm_push_status: null,
  };
}

function next<Answer>(answers: Next<Answer>, usual: Answer): Promise<BouncerResult<Answer>> {
  const answer = answers.shift() ?? { kind: "done", answer: usual };
  return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
}
