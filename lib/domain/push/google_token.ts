/**
 * The tokens by which Google knows this server: a service account's key signs a request for each.
 *
 * @module
 */

import { importPKCS8, SignJWT } from "jose";
import { z } from "zod";
import type { ServiceResponse } from "../http/service_fetch.ts";
import { PushService } from "./push_service.ts";
import { PushUnavailable } from "./push_transport.ts";
import type { IssuedToken } from "./shared_token.ts";

/** A service account of Firebase, as its file has it. */
export interface ServiceAccount {
  readonly projectId: string;
  readonly clientEmail: string;
  /** PEM (PKCS #8) of an RSA key. */
  readonly privateKey: string;
  /** Google's name of the key. */
  readonly keyId?: string | undefined;
  /** `https://…`, which issues the tokens. */
  readonly tokenUri: string;
}

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** For how long our request may be used, in s: Google's most. */
const REQUEST_SECONDS = 3600;
/** ms before its end at which a token is renewed. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** ms before its end from which on a token is not used, as it may end on its way. */
const EXPIRES_BEFORE_MS = 30_000;
const TIMEOUT_MS = 10_000;

const issued = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const refused = z.object({
  error: z.string().regex(/^\w{1,64}$/),
  error_description: z.string().max(300).optional(),
});

/** What issues tokens for a service account. */
export class GoogleTokens implements Disposable {
  readonly #account: ServiceAccount;
  readonly #service: PushService;
  readonly #path: string;

  /** @param ca PEM of a further authority. */
  constructor(account: ServiceAccount, ca?: string) {
    const { origin, pathname } = new URL(account.tokenUri);
    this.#account = account;
    this.#path = pathname;
    this.#service = new PushService({
      ...{ name: "FCM", url: origin, ca, timeoutMs: TIMEOUT_MS, http2: false, probePath: "/" },
      setting: "token_uri in the file of ANDROID_FCM_CREDENTIALS_PATH",
    });
  }

  /**
   * A new token.
   *
   * @param now ms since 1970. @throws {PushUnavailable} When Google does not issue one.
   */
  async issue(now: number): Promise<IssuedToken> {
    const body = new URLSearchParams({ grant_type: GRANT, assertion: await this.#assertion(now) });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const call = { method: "POST", headers, body: body.toString() } as const;
    const answer = await this.#service.call(this.#path, call, new AbortController().signal);
    if (answer.kind !== "answered") throw new PushUnavailable("FCM", answer.reason);
    const token = issued.safeParse(jsonOf(answer.response));
    if (!token.success) throw refusal(answer.response);
    const endsAt = now + token.data.expires_in * 1000;
    return {
      text: token.data.access_token,
      renewAt: endsAt - RENEW_BEFORE_MS,
      expiresAt: endsAt - EXPIRES_BEFORE_MS,
    };
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#service[Symbol.dispose]();
  }

  async #assertion(now: number): Promise<string> {
    const { clientEmail, privateKey, keyId, tokenUri } = this.#account;
    const seconds = Math.floor(now / 1000);
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(keyId !== undefined && { kid: keyId }) })
      .setIssuer(clientEmail)
      .setAudience(tokenUri)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + REQUEST_SECONDS)
      .sign(await importPKCS8(privateKey, "RS256"));
  }
}

function refusal(response: ServiceResponse): PushUnavailable {
  const { data } = refused.safeParse(jsonOf(response));
  const words = data ? `${data.error}: ${data.error_description ?? "no reason"}` : "no token";
  const reason = `Google issues no token for the service account of ANDROID_FCM_CREDENTIALS_PATH ` +
    `(${response.status} ${words}): check that the account and its key exist, and the clock of ` +
    "this machine";
  return new PushUnavailable("FCM", reason);
}

function jsonOf({ text }: ServiceResponse): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
