/**
 * Calls a webhook, unless its host fails again and again.
 *
 * @module
 */

import type { Breakers } from "../../http/breaker.ts";
import { HttpError } from "../../http/http_error.ts";
import { retryAfterMs } from "../../http/retry_after.ts";
import type { SafeRequest, SafeResponse } from "../../http/safe_fetch.ts";
import type { CallEnd } from "./verdict.ts";
import type { WebhookRequest } from "./webhook_request.ts";

/** What calls addresses that users have given, such as `SafeHttp`. */
export interface WebhookHttp {
  /** @throws {HttpError} When there is no answer. */
  fetch(url: string, request: SafeRequest): Promise<SafeResponse>;
}

/** What a call is made with. */
export interface CallSetup {
  readonly http: WebhookHttp;
  /** One for each host. */
  readonly breakers: Breakers;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The most bytes of an answer. */
const MOST_BYTES = 1_000_000;
/** Answers that say that the host itself does not work. */
const HOST_DOWN: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Calls a webhook.
 *
 * @throws What `signal` was aborted with.
 */
export async function callWebhook(
  url: string,
  request: WebhookRequest,
  { http, breakers, timeoutMs, signal }: CallSetup,
): Promise<CallEnd> {
  const breaker = breakers.of(URL.parse(url)?.host ?? "");
  const ms = breaker.mayCall(Date.now());
  if (ms > 0) return { kind: "paused", ms };
  const end = await call(url, request, { http, timeoutMs, signal });
  if (isHostDown(end)) breaker.failed(Date.now());
  else breaker.succeeded();
  return end;
}

function isHostDown(end: CallEnd): boolean {
  if (end.kind === "answered") return HOST_DOWN.has(end.status);
  return end.kind === "timeout" || end.kind === "unreachable";
}

async function call(
  url: string,
  request: WebhookRequest,
  { http, timeoutMs, signal }: Omit<CallSetup, "breakers">,
): Promise<CallEnd> {
  try {
    const { status, headers, body } = await http.fetch(url, {
      method: "POST",
      ...request,
      ...{ timeoutMs, signal },
      maxBytes: MOST_BYTES,
      role: "webhook",
    });
    const wait = retryAfterMs(headers["retry-after"], Date.now());
    return { kind: "answered", status, body, retryAfterMs: wait };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof HttpError)) throw error;
    return endOf(error);
  }
}

/** The names are those that owners of bots know from Zulip. */
const NAMES = {
  "bad url": "InvalidURL",
  "bad request": "InvalidHeader",
  "redirects": "TooManyRedirects",
  "too large": "ContentTooLarge",
  "aborted": "Aborted",
} as const;

function endOf({ kind, message: reason }: HttpError): CallEnd {
  switch (kind) {
    case "timeout":
      return { kind: "timeout" };
    case "network":
    case "proxy":
      return { kind: "unreachable", reason };
    case "forbidden":
      return { kind: "forbidden", reason };
    default:
      return { kind: "error", name: NAMES[kind], reason };
  }
}
