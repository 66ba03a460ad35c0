/**
 * Redirects: what is sent where after an answer that points to another address.
 *
 * @module
 */

import type { AllowList } from "./allow_list.ts";
import { harmless, type Headers, withoutBody } from "./headers.ts";
import { HttpError } from "./http_error.ts";
import { placeText, type Target, targetOf } from "./target.ts";

/** The methods that are used for addresses of users. */
export type Method = "GET" | "HEAD" | "POST";

/** One request, to one server. */
export interface Hop {
  readonly target: Target;
  readonly method: Method;
  /** Those of the caller. */
  readonly headers: Headers;
  readonly body: Uint8Array | undefined;
}

/** Answers that point to another address. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Those after which the same method and body are sent. */
const SAME_REQUEST: ReadonlySet<number> = new Set([307, 308]);

/** Reports whether an answer points to another address. */
export function isRedirect(status: number, headers: Headers): boolean {
  return REDIRECTS.has(status) && (headers["location"] ?? "") !== "";
}

/**
 * The request after a redirect. As browsers do, a POST becomes a GET after 301, 302 and 303. Another
 * host, scheme or port gets no header that may be a secret.
 *
 * @throws {HttpError} When the address is not allowed, or leads from https: to http:.
 */
export function redirected(hop: Hop, status: number, location: string, allowed: AllowList): Hop {
  const from = hop.target;
  const target = targetOf(utf8(location), allowed, from.url, { mayHaveArrived: true });
  if (from.isSecure && !target.isSecure) {
    const message = `${placeText(from)} leads from https: to http:, which is not followed`;
    throw new HttpError("redirects", message, { mayHaveArrived: true });
  }
  const isSame = SAME_REQUEST.has(status) || hop.method !== "POST";
  const headers = isSame ? hop.headers : withoutBody(hop.headers);
  return {
    target,
    method: isSame ? hop.method : "GET",
    headers: target.url.origin === from.url.origin ? headers : harmless(headers),
    body: isSame ? hop.body : undefined,
  };
}

/** Servers send addresses in UTF-8, of which each byte has become a character. */
function utf8(text: string): string {
  // deno-lint-ignore no-control-regex
  if (!/^[\x00-\xff]*$/.test(text)) return text;
  try {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return text;
  }
}
