/**
 * What is thrown when a call of another server has no answer.
 *
 * @module
 */

/**
 * Why a call has no answer.
 *
 * - `bad url`: the address cannot be one of a public server: no `http:` or `https:`, a user or
 *   password in it, no valid host.
 * - `bad request`: a header that must not be sent, or a second one of the same name.
 * - `forbidden`: the address, or one that it leads to, is not public and not allowed; or the proxy
 *   says so.
 * - `timeout`: the time was over.
 * - `network`: no connection, no TLS, or an answer that is cut off or is no HTTP.
 * - `too large`: the answer's body or head is over its limit.
 * - `redirects`: more redirects than allowed, or one that must not be followed.
 * - `proxy`: the proxy cannot be reached, or its answer makes no sense.
 * - `aborted`: the caller's signal, or the caller closed the client.
 */
export type HttpFailure =
  | "bad url"
  | "bad request"
  | "forbidden"
  | "timeout"
  | "network"
  | "too large"
  | "redirects"
  | "proxy"
  | "aborted";

/** How far a call got, and what made it fail. */
export interface HttpErrorOptions {
  /** @default {false} */
  readonly mayHaveArrived?: boolean;
  /** The status with which a proxy refused. */
  readonly proxyStatus?: number | undefined;
  readonly cause?: unknown;
}

/**
 * A call has no answer. The message names the host, and never the path or the query of the address:
 * those of webhooks are secrets.
 */
export class HttpError extends Error {
  /** Always `HttpError`. */
  override readonly name = "HttpError";
  /** Why there is no answer. */
  readonly kind: HttpFailure;
  /** Whether a server may have got the request, so that sending it again may do something twice. */
  readonly mayHaveArrived: boolean;
  /** The status with which a proxy refused; `undefined` where none did. */
  readonly proxyStatus: number | undefined;

  /** @param message The problem, with the host. */
  constructor(kind: HttpFailure, message: string, options: HttpErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.mayHaveArrived = options.mayHaveArrived ?? false;
    this.proxyStatus = options.proxyStatus;
  }
}
