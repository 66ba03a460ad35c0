/**
 * The headers of requests and answers.
 *
 * @module
 */

import { HttpError } from "./http_error.ts";

/** Headers by their names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Names that belong to the connection, which this program makes, or to the proxy. */
const RESERVED =
  /^(accept-encoding|connection|content-length|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-smokescreen-.*)$/;
/** What another host may know after a redirect: anything else may be a secret. */
const HARMLESS: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-type",
  "user-agent",
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The headers of a caller, with their names in lower case.
 *
 * @throws {HttpError} `bad request`, for a name or value that HTTP does not allow, one that belongs
 * to the connection, and a name that is there twice. The message has no value.
 */
export function requestHeaders(given: Headers): Headers {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    const wrong = headers.has(key) ? "is given twice" : wrongWith(key, value);
    if (wrong) throw new HttpError("bad request", `The header ${JSON.stringify(name)} ${wrong}`);
    headers.set(key, value);
  }
  return Object.fromEntries(headers);
}

function wrongWith(name: string, value: string): string | undefined {
  if (!TOKEN.test(name)) return "has no valid name";
  if (RESERVED.test(name)) return "belongs to the connection";
  return VALUE.test(value) ? undefined : "has a character that no header may have";
}

/** The headers that another host may get. */
export function harmless(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

/** Headers without those of a body. */
export function withoutBody(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith("content-")),
  );
}

/** The headers of an answer, as `node:http` has them; several of one name become one, with commas. */
export function answerHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Headers {
  const entries = Object.entries(headers).map(([name, value]) =>
    [name, typeof value === "string" ? value : value?.join(", ") ?? ""] as const
  );
  return Object.fromEntries(entries);
}
