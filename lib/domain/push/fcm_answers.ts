/**
 * What the answers of FCM mean, by Google's documentation (ErrorCode of the HTTP v1 API). Everything
 * here is pure.
 *
 * @module
 */

import { z } from "zod";
import { retryAfterMs } from "../http/retry_after.ts";
import type { ServiceResponse } from "../http/service_fetch.ts";
import type { AnswerMeaning } from "./refusal.ts";

/** ms to wait where Google does not say how long: what its documentation asks for at 429. */
const PAUSE_MS = 60_000;

const ACCOUNT = "ANDROID_FCM_CREDENTIALS_PATH must be the key of a service account of the app's " +
  "Firebase project that may send messages";
const NEW_TOKEN =
  "it refuses a token that was just issued; the clock of this machine may be wrong, " +
  "or the service account was removed";

const name = z.string().regex(/^\w{1,64}$/);
const error = z.object({
  status: name.optional(),
  details: z.array(
    z.object({
      errorCode: name.optional(),
      fieldViolations: z.array(z.object({ field: z.string().regex(/^[\w.[\]]{1,100}$/) }))
        .optional().catch(undefined),
    }).catch({}),
  ).catch([]).default([]),
});
const body = z.object({ error });

/** @param now ms since 1970. */
export function fcmMeaning({ status, headers, text }: ServiceResponse, now: number): AnswerMeaning {
  if (status === 200) return { kind: "sent" };
  const { code, fields } = errorOf(text);
  const reason = `${status}${code && ` ${code}`}${fields && ` (${fields})`}`;
  if (code === "UNREGISTERED") return { kind: "dead", reason };
  if (code === "SENDER_ID_MISMATCH" || code === "THIRD_PARTY_AUTH_ERROR") {
    return { kind: "refused", reason };
  }
  if (status === 401) return { kind: "stale token", reason: `${reason}: ${NEW_TOKEN}` };
  if (status === 403 || status === 404) return { kind: "service", reason: `${reason}: ${ACCOUNT}` };
  if (status === 429 || status >= 500) return later(reason, status, headers["retry-after"], now);
  return { kind: "refused", reason };
}

function later(
  reason: string,
  status: number,
  retryAfter: string | undefined,
  now: number,
): AnswerMeaning {
  const afterMs = retryAfterMs(retryAfter, now) ?? (status === 429 ? PAUSE_MS : undefined);
  return { kind: "later", reason, ...(afterMs !== undefined && { afterMs }) };
}

interface FcmError {
  /** FCM's own code, or else Google's status; empty: neither. */
  readonly code: string;
  /** The fields of our request that are wrong. */
  readonly fields: string;
}

/** Google's words are left out: they may quote the token, or what the push says. */
function errorOf(text: string): FcmError {
  const { status, details } = parse(text);
  const code = details.map(({ errorCode }) => errorCode).find((each) => each !== undefined);
  const fields = details.flatMap(({ fieldViolations = [] }) => fieldViolations);
  return { code: code ?? status ?? "", fields: fields.map(({ field }) => field).join(", ") };
}

function parse(text: string): z.infer<typeof error> {
  try {
    return body.parse(JSON.parse(text)).error;
  } catch {
    return { details: [] };
  }
}
