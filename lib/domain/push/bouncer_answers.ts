/**
 * What the answers of the push bouncer mean. Everything here is pure.
 *
 * @module
 */

import { z } from "zod";
import { retryAfterMs } from "../http/retry_after.ts";
import type { ServiceResponse } from "../http/service_fetch.ts";
import type { BouncerResult } from "./bouncer_bodies.ts";
import type { ServiceRefusal } from "./refusal.ts";

/** What an answer means, before what it holds is read. */
export type BouncerMeaning =
  | { readonly kind: "done" }
  | Exclude<BouncerResult<never>, { readonly kind: "done" }>
  | ServiceRefusal;

const OK = 200;
const UNAUTHORIZED = 401;
const UNAVAILABLE = 503;
/** The same request may be accepted later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);
const WRONG_KEY = "correct ZULIP_ORG_ID and ZULIP_ORG_KEY, or register this server again";

const body = z.object({
  code: z.string().max(100).optional(),
  msg: z.string().max(1000).optional(),
});

/** @param now ms since 1970. */
export function bouncerMeaning(
  { status, headers, text }: ServiceResponse,
  now: number,
): BouncerMeaning {
  if (status === OK) return { kind: "done" };
  const { code, msg } = bodyOf(text);
  const reason = [`${status}`, code, msg && `"${msg}"`].filter((each) => each).join(" ");
  if (status === UNAUTHORIZED || code === "INVALID_ZULIP_SERVER") {
    return service(`The push bouncer does not know this server (${reason}): ${WRONG_KEY}`);
  }
  const afterMs = retryAfterMs(headers["retry-after"], now);
  if (status === UNAVAILABLE) return service("The push bouncer is unavailable (503)", afterMs);
  if (status >= 500 || LATER.has(status)) {
    return { kind: "later", reason, ...(afterMs !== undefined && { afterMs }) };
  }
  return { kind: "refused", code, reason: msg ?? `${status} without a reason` };
}

function service(reason: string, afterMs?: number): ServiceRefusal {
  return { kind: "service", reason, ...(afterMs !== undefined && { afterMs }) };
}

function bodyOf(text: string): z.infer<typeof body> {
  try {
    return body.catch({}).parse(JSON.parse(text));
  } catch {
    return {};
  }
}
