/**
 * The address of a call: whether it may be called, as far as its text tells.
 *
 * @module
 */

import { isIP } from "node:net";
import { type AllowList, hostOf, type Place } from "./allow_list.ts";
import { HttpError, type HttpErrorOptions } from "./http_error.ts";

/** An address that may be called, once its name has been resolved and checked. */
export interface Target extends Place {
  /** Without its fragment. */
  readonly url: URL;
  readonly isSecure: boolean;
  /** Whether the host is an address already, which was checked. */
  readonly isAddress: boolean;
}

/** The longest address, in UTF-16 units. */
const MOST_LENGTH = 8192;
// deno-lint-ignore no-control-regex
const CONTROL_OR_BACKSLASH = /[\x00-\x1f\x7f-\x9f\\]/;

/**
 * Reads an address.
 *
 * @param base What a relative address is relative to. Without it the address must be absolute.
 * @param options For the error.
 * @throws {HttpError} `bad url` or `forbidden`.
 */
export function targetOf(
  text: string,
  allowed: AllowList,
  base?: URL,
  options: HttpErrorOptions = {},
): Target {
  const url = urlOf(text, base, options);
  const isSecure = url.protocol === "https:";
  const host = hostOf(url);
  const place = { host, port: url.port === "" ? isSecure ? 443 : 80 : Number(url.port) };
  const isAddress = isIP(host) !== 0;
  const reason = refusal(place, isAddress, allowed);
  if (reason) {
    throw new HttpError("forbidden", `${placeText(place)} is not called: ${reason}`, options);
  }
  return { url, isSecure, ...place, isAddress };
}

/** A place as messages name it: `host:port`. */
export function placeText({ host, port }: Place): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function urlOf(text: string, base: URL | undefined, options: HttpErrorOptions): URL {
  const bad = (wrong: string) => new HttpError("bad url", `The address ${wrong}`, options);
  if (text.length > MOST_LENGTH) throw bad(`is longer than ${MOST_LENGTH} characters`);
  if (CONTROL_OR_BACKSLASH.test(text)) throw bad("has a control character or a backslash in it");
  const url = URL.parse(text, base);
  if (!url) throw bad("is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw bad("does not begin with http:// or https://");
  }
  if (url.username !== "" || url.password !== "") throw bad("has a user or a password in it");
  if (!isHost(hostOf(url))) throw bad("has no valid host");
  url.hash = "";
  return url;
}

function isHost(host: string): boolean {
  return isIP(host) !== 0 || /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(host);
}

function refusal(place: Place, isAddress: boolean, allowed: AllowList): string | undefined {
  if (!allowed.allowsPort(place)) return "its port belongs to another protocol";
  if (!isAddress || allowed.allowsAddress(place.host, place)) return undefined;
  return "the address is not public";
}
