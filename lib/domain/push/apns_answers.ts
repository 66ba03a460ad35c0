/**
 * What the answers of APNs mean, by Apple's documentation ("Handling notification responses from
 * APNs"). Everything here is pure.
 *
 * @module
 */

import { z } from "zod";
import { retryAfterMs } from "../http/retry_after.ts";
import type { ServiceResponse } from "../http/service_fetch.ts";
import type { AnswerMeaning } from "./refusal.ts";

/** A token of ours may be replaced once in 20 minutes. */
const TOKEN_PAUSE_MS = 20 * 60_000;

/** Reasons that say that the device's token is not, or is no longer, one of this app. */
const DEAD: ReadonlySet<string> = new Set([
  "BadDeviceToken",
  "DeviceTokenNotForTopic",
  "ExpiredToken",
  "Unregistered",
]);

const KEY = "APNS_TOKEN_KEY_FILE, APNS_TOKEN_KEY_ID and APNS_TEAM_ID must belong together";
const CERTIFICATE = "APNS_CERT_FILE must be a certificate for pushes that has not expired";
const ENVIRONMENT = "APNS_SANDBOX must be true for development builds of the app, and else false";

/** Reasons that are about this server and not about one push, and what to do. */
const SERVICE: Readonly<Record<string, string>> = {
  BadCertificate: CERTIFICATE,
  BadCertificateEnvironment: ENVIRONMENT,
  BadEnvironmentKeyIdInToken: ENVIRONMENT,
  BadEnvironmentKeyInToken: ENVIRONMENT,
  Forbidden: KEY,
  InvalidProviderToken: KEY,
  MissingProviderToken: "set APNS_TOKEN_KEY_FILE or APNS_CERT_FILE",
  TooManyProviderTokenUpdates: "too many processes make tokens with this key",
  UnrelatedKeyIdInToken: KEY,
};

/** The problem if a token that was just made counts as expired. */
const CLOCK = "the clock of this machine may be wrong";

const body = z.object({
  reason: z.string().regex(/^\w{1,64}$/).optional(),
  /** ms since 1970. */
  timestamp: z.int().nonnegative().optional(),
});

/** @param now ms since 1970. */
export function apnsMeaning(
  { status, headers, text }: ServiceResponse,
  now: number,
): AnswerMeaning {
  if (status === 200) return sent(headers["apns-id"]);
  const { reason: name = "", timestamp } = bodyOf(text);
  const reason = name === "" ? `${status}` : `${status} ${name}`;
  if (name === "ExpiredProviderToken") {
    return { kind: "stale token", reason: `${reason}: ${CLOCK}` };
  }
  const advice = SERVICE[name];
  if (advice !== undefined) return serviceRefusal(name, `${reason}: ${advice}`);
  if (status === 410 || DEAD.has(name)) return dead(reason, timestamp);
  if (status === 429 || status >= 500 || name === "IdleTimeout") {
    const afterMs = retryAfterMs(headers["retry-after"], now);
    return { kind: "later", reason, ...(afterMs !== undefined && { afterMs }) };
  }
  if (status === 403) return { kind: "service", reason: `${reason}: ${KEY}` };
  return { kind: "refused", reason };
}

function sent(apnsId: string | undefined): AnswerMeaning {
  return { kind: "sent", ...(apnsId !== undefined && { apnsId }) };
}

function dead(reason: string, timestamp: number | undefined): AnswerMeaning {
  return { kind: "dead", reason, ...(timestamp !== undefined && { since: new Date(timestamp) }) };
}

function serviceRefusal(name: string, reason: string): AnswerMeaning {
  const isPause = name === "TooManyProviderTokenUpdates";
  return { kind: "service", reason, ...(isPause && { afterMs: TOKEN_PAUSE_MS }) };
}

function bodyOf(text: string): z.infer<typeof body> {
  try {
    return body.catch({}).parse(JSON.parse(text));
  } catch {
    return {};
  }
}
