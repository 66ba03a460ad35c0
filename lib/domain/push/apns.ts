/**
 * Apple's push service, called directly: HTTP/2, with a token that this server signs or with a
 * certificate of Apple's.
 *
 * @module
 */

import { importPKCS8, SignJWT } from "jose";
import { toJson } from "../../json/to_json.ts";
import type { ServiceResponse } from "../http/service_fetch.ts";
import { apnsMeaning } from "./apns_answers.ts";
import { settled, withToken } from "./call_with_token.ts";
import { PushService } from "./push_service.ts";
import type { ApnsNotification, ApnsTransport, DeviceOutcome } from "./push_transport.ts";
import { type IssuedToken, SharedToken } from "./shared_token.ts";

/** What Apple knows this server by. */
export type ApnsCredentials =
  | {
    readonly kind: "key";
    /** PEM (PKCS #8) of the private key, on the curve P-256. */
    readonly key: string;
    /** Apple's ids of the key and of its team. */
    readonly keyId: string;
    readonly teamId: string;
  }
  | {
    readonly kind: "certificate";
    /** PEM of the certificate, and of its private key. */
    readonly cert: string;
    readonly key: string;
  };

/** How APNs is called. */
export interface ApnsSettings {
  /** `https://host`: Apple's, or its sandbox's. */
  readonly url: string;
  readonly credentials: ApnsCredentials;
  /** PEM of a further authority. */
  readonly ca?: string | undefined;
  /** ms that an answer may take. @default {10000} */
  readonly timeoutMs?: number;
  /** ms since 1970. @default {Date.now} */
  readonly clock?: () => number;
}

const TIMEOUT_MS = 10_000;
/** Apple refuses a token after an hour, and new ones that come faster than every 20 minutes. */
const RENEW_MS = 50 * 60_000;
const EXPIRES_MS = 59 * 60_000;

/** Apple's push service. Pushes that are sent at once share one connection. */
export class Apns implements ApnsTransport {
  /** Where it is: `host`, or `host:port`. */
  readonly host: string;
  readonly #service: PushService;
  readonly #token: SharedToken | undefined;

  /** Connects when the first push is sent. */
  constructor({ url, credentials, ca, timeoutMs = TIMEOUT_MS, clock }: ApnsSettings) {
    const { kind } = credentials;
    this.host = new URL(url).host;
    this.#service = new PushService({
      ...{
        name: "APNs",
        url,
        ca,
        timeoutMs,
        http2: true,
        probePath: "/",
        setting: "APNS_URL",
        clock,
      },
      ...(kind === "certificate" && { cert: credentials.cert, key: credentials.key }),
    });
    this.#token = kind === "key"
      ? new SharedToken((now) => issue(credentials, now), clock)
      : undefined;
  }

  /** @inheritdoc */
  async send(notification: ApnsNotification, signal: AbortSignal): Promise<DeviceOutcome> {
    const path = `/3/device/${encodeURIComponent(notification.token)}`;
    const [headers, body] = [headersOf(notification), toJson(notification.payload)];
    const post = (token?: string) => {
      const authorization = token === undefined ? {} : { authorization: `bearer ${token}` };
      const call = { method: "POST", headers: { ...headers, ...authorization }, body } as const;
      return this.#service.call(path, call, signal);
    };
    const meaning = (response: ServiceResponse) => apnsMeaning(response, Date.now());
    if (!this.#token) return settled("APNs", await post(), meaning);
    return await withToken("APNs", this.#token, post, meaning, signal);
  }

  /**
   * Finds out whether Apple answers, and whether the key can sign; nothing is sent.
   *
   * @throws {PushUnavailable} When Apple does not answer.
   */
  async check(signal: AbortSignal): Promise<void> {
    await this.#token?.get();
    await this.#service.probe(signal);
  }

  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#service[Symbol.dispose]();
    return Promise.resolve();
  }
}

function headersOf(notification: ApnsNotification): Record<string, string> {
  const { topic, pushType, expiresAt, priority, collapseId, id } = notification;
  return {
    "content-type": "application/json",
    "apns-topic": topic,
    "apns-push-type": pushType,
    "apns-expiration": String(Math.floor(expiresAt.getTime() / 1000)),
    "apns-priority": String(priority),
    "apns-id": id,
    ...(collapseId !== undefined && { "apns-collapse-id": collapseId }),
  };
}

type Key = ApnsCredentials & { readonly kind: "key" };

async function issue({ key, keyId, teamId }: Key, now: number): Promise<IssuedToken> {
  const text = await new SignJWT()
    .setProtectedHeader({ alg: "ES256", kid: keyId })
    .setIssuer(teamId)
    .setIssuedAt(Math.floor(now / 1000))
    .sign(await importPKCS8(key, "ES256"));
  return { text, renewAt: now + RENEW_MS, expiresAt: now + EXPIRES_MS };
}
