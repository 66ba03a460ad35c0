/**
 * Answers in the form of Zulip's API.
 *
 * @module
 */

import { toJson } from "../../json/to_json.ts";

/** The type of every answer. */
export const JSON_HEADERS = { "content-type": "application/json" };

/** A request that cannot be done, in Zulip's words. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param status Of HTTP.
   * @param code Zulip's.
   * @param message For the user.
   * @param more Further keys of the answer.
   * @param headers Further headers.
   */
  constructor(
    status: number,
    code: string,
    message: string,
    more: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
    this.headers = headers;
  }
}

/** The text of an answer to what was done. */
export function successText(values: object): string {
  return toJson({ result: "success", msg: "", ...values });
}

/** The answer to what was done. */
export function success(values: object = {}): Response {
  return new Response(successText(values), { headers: JSON_HEADERS });
}

/** The answer to what cannot be done. */
export function failure({ status, code, message, more, headers }: ApiError): Response {
  const body = toJson({ result: "error", msg: message, code, ...more });
  return new Response(body, { status, headers: { ...JSON_HEADERS, ...headers } });
}

/** A request is wrong. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, "BAD_REQUEST", message);
}

/** A parameter is missing. */
export function missing(name: string): ApiError {
  const message = `Missing '${name}' argument`;
  return new ApiError(400, "REQUEST_VARIABLE_MISSING", message, { var_name: name });
}

/** There is no such queue, or it is another user's. */
export function badQueue(queueId: string): ApiError {
  const message = `Bad event queue ID: ${queueId}`;
  return new ApiError(400, "BAD_EVENT_QUEUE_ID", message, { queue_id: queueId });
}

/** Something is asked for too often. @param seconds When it may be asked for again. */
export function tooOften(seconds: number): ApiError {
  const message = "API usage exceeded rate limit";
  const headers = { "retry-after": String(Math.ceil(seconds)) };
  return new ApiError(429, "RATE_LIMIT_HIT", message, { "retry-after": seconds }, headers);
}

/** The database or the broker is unavailable: the request may be repeated. */
export function unavailable(what: "database" | "broker"): ApiError {
  const message = `The ${what} is unavailable: try again later`;
  return new ApiError(503, "SERVICE_UNAVAILABLE", message, {}, { "retry-after": "5" });
}
