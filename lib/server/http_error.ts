/**
 * The errors of the control doors: a code for programs, a message for people.
 *
 * @module
 */

const STATUS = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  misdirected: 421,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
} as const;

/** The code of an error, in `error.code` of an answer. */
export type ErrorCode = keyof typeof STATUS;

/** An answer that is an error. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: ErrorCode;
  /** Headers of the answer beside the usual ones. */
  readonly headers: Readonly<Record<string, string>>;

  /** @param code Decides on the status. @param message What is wrong, and what to do. */
  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }

  /** The HTTP status. */
  get status(): number {
    return STATUS[this.code];
  }
}

/** An answer in JSON. @param status @default {200} */
export function json(
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify(value) + "\n";
  return new Response(body, {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });
}

/** The answer of an error: `{ error: { code, message } }`. */
export function errorResponse({ code, message, status, headers }: HttpError): Response {
  return json({ error: { code, message } }, status, headers);
}
