/**
 * Sends messages by a Zulip server's REST API, with the account of their sender.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { checkedContent, type NewMessage, SendError } from "./new_message.ts";

/** What calls the server, such as `ServiceHttp`. */
export interface RestHttp extends Disposable {
  /** @throws {Error} When there is no answer; `mayHaveArrived` says what may have happened. */
  fetch(url: string, request: RestRequest): Promise<RestResponse>;
}

/** A call of the API. */
export interface RestRequest {
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Its answer. */
export interface RestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** The account that sends. */
export interface RestAccount {
  /** The realm's address, without a slash at its end. */
  readonly realmUrl: string;
  readonly email: string;
  /** A secret. */
  readonly apiKey: string;
}

/** The message did not get an answer: nobody knows whether it was sent, or it was not. */
export class RestError extends Error {
  /** Always `RestError`. */
  override readonly name = "RestError";
  /** Whether the server may have sent it. */
  readonly mayHaveArrived: boolean;

  /** @param message Why there is no answer. */
  constructor(message: string, { mayHaveArrived }: { readonly mayHaveArrived: boolean }) {
    super(message);
    this.mayHaveArrived = mayHaveArrived;
  }
}

const TIMEOUT_MS = 10_000;
/** Before each further try, where the message was certainly not sent. */
const WAITS_MS = [1_000, 3_000] as const;
/** The longest `Retry-After` that is waited for. */
const MOST_WAIT_MS = 10_000;
/** Seconds that {@linkcode sendByRest} takes at most: its calls, and the waits between them. */
export const REST_SECONDS: number =
  ((WAITS_MS.length + 1) * TIMEOUT_MS + WAITS_MS.length * MOST_WAIT_MS) / 1000;

/**
 * Sends a message. Where the server was not reached or has no time, it is tried three times in all.
 *
 * @returns Its id.
 * @throws {SendError} When the server refuses it, in the server's words.
 * @throws {RestError} When the server does not answer as it should.
 */
export async function sendByRest(
  http: RestHttp,
  account: RestAccount,
  message: NewMessage,
  signal?: AbortSignal,
): Promise<number> {
  const request = restRequest(account, message);
  for (let attempt = 0;; attempt++) {
    const end = await call(http, `${account.realmUrl}/api/v1/messages`, request, signal);
    if (end.kind === "sent") return end.id;
    if (end.kind === "refused") throw new SendError(end.reason);
    const wait = WAITS_MS[attempt];
    if (!end.mayTryAgain || wait === undefined) {
      const mayHaveArrived = !end.mayTryAgain && end.waitMs === undefined;
      throw new RestError(end.reason, { mayHaveArrived });
    }
    await delay(Math.max(wait, end.waitMs ?? 0), undefined, { ...(signal && { signal }) });
  }
}

/** The call that sends a message. @throws {SendError} When the message cannot be sent. */
export function restRequest(account: RestAccount, message: NewMessage): RestRequest {
  const { to, content, client, widget } = message;
  const form = new URLSearchParams({
    type: to.kind === "channel" ? "stream" : "direct",
    to: JSON.stringify(to.kind === "channel" ? to.streamId : to.userIds),
    ...(to.kind === "channel" && { topic: to.topic }),
    content: checkedContent(content),
    ...(widget && { widget_content: JSON.stringify(widget) }),
  });
  const login = new TextEncoder().encode(`${account.email}:${account.apiKey}`).toBase64();
  return {
    method: "POST",
    headers: {
      "Authorization": `Basic ${login}`,
      "Content-Type": "application/x-www-form-urlencoded",
      // The server takes the name of the message's client from it.
      "User-Agent": `${client}/1.0`,
    },
    body: form.toString(),
    timeoutMs: TIMEOUT_MS,
  };
}

type RestEnd =
  | { readonly kind: "sent"; readonly id: number }
  | { readonly kind: "refused"; readonly reason: string }
  | {
    readonly kind: "unknown";
    readonly reason: string;
    readonly mayTryAgain: boolean;
    readonly waitMs?: number;
  };

async function call(
  http: RestHttp,
  url: string,
  request: RestRequest,
  signal?: AbortSignal,
): Promise<RestEnd> {
  try {
    return restEnd(await http.fetch(url, { ...request, ...(signal && { signal }) }));
  } catch (error) {
    const { message, mayHaveArrived = true } = error as Error & { mayHaveArrived?: boolean };
    return { kind: "unknown", reason: message, mayTryAgain: !mayHaveArrived };
  }
}

/** What an answer means. */
export function restEnd({ status, headers, text }: RestResponse): RestEnd {
  const body = objectOf(text);
  const reason = typeof body["msg"] === "string" ? body["msg"] : `the server answered ${status}`;
  if (status === 200 && typeof body["id"] === "number") return { kind: "sent", id: body["id"] };
  if (status === 429) {
    const seconds = Number(headers["retry-after"] ?? body["retry-after"] ?? 1);
    const waitMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
    return { kind: "unknown", reason, mayTryAgain: waitMs <= MOST_WAIT_MS, waitMs };
  }
  // The server has not got all of the request.
  if (status === 408) return { kind: "unknown", reason, mayTryAgain: true };
  if (status >= 400 && status < 500) return { kind: "refused", reason };
  return { kind: "unknown", reason, mayTryAgain: false };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
