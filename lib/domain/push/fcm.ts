/**
 * Google's push service for Android (FCM, HTTP v1 API), called directly.
 *
 * @module
 */

import { unlessAborted } from "../../system/deadline.ts";
import { toJson } from "../../json/to_json.ts";
import type { ServiceResponse } from "../http/service_fetch.ts";
import { withToken } from "./call_with_token.ts";
import { fcmMeaning } from "./fcm_answers.ts";
import { GoogleTokens, type ServiceAccount } from "./google_token.ts";
import { PushService } from "./push_service.ts";
import type { DeviceOutcome, FcmNotification, FcmTransport } from "./push_transport.ts";
import { SharedToken } from "./shared_token.ts";

/** How FCM is called. */
export interface FcmSettings {
  /** `https://host`: Google's. */
  readonly url: string;
  readonly account: ServiceAccount;
  /** PEM of a further authority. */
  readonly ca?: string | undefined;
  /** ms that an answer may take. @default {10000} */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** Google's push service. Pushes that are sent at once share one connection. */
export class Fcm implements FcmTransport {
  /** Where it is: `host`, or `host:port`. */
  readonly host: string;
  readonly #service: PushService;
  readonly #tokens: GoogleTokens;
  readonly #token: SharedToken;
  readonly #path: string;

  /** Connects when the first push is sent. */
  constructor({ url, account, ca, timeoutMs = TIMEOUT_MS }: FcmSettings) {
    const service = { name: "FCM", http2: true, probePath: "/", setting: "FCM_URL" } as const;
    this.host = new URL(url).host;
    this.#service = new PushService({ ...service, url, ca, timeoutMs });
    this.#tokens = new GoogleTokens(account, ca);
    this.#token = new SharedToken((now) => this.#tokens.issue(now));
    this.#path = `/v1/projects/${encodeURIComponent(account.projectId)}/messages:send`;
  }

  /** @inheritdoc */
  async send({ token, message }: FcmNotification, signal: AbortSignal): Promise<DeviceOutcome> {
    const body = toJson({ message: { ...message, token } });
    const post = (accessToken: string) => {
      const headers = {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json; charset=utf-8",
      };
      return this.#service.call(this.#path, { method: "POST", headers, body }, signal);
    };
    const meaning = (response: ServiceResponse) => fcmMeaning(response, Date.now());
    return await withToken("FCM", this.#token, post, meaning, signal);
  }

  /**
   * Finds out whether Google issues a token and FCM answers; nothing is sent.
   *
   * @throws {PushUnavailable} When not.
   */
  async check(signal: AbortSignal): Promise<void> {
    await unlessAborted(this.#token.get(), signal);
    await this.#service.probe(signal);
  }

  /** Closes the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#service[Symbol.dispose]();
    this.#tokens[Symbol.dispose]();
    return Promise.resolve();
  }
}
