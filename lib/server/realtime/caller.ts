/**
 * Who calls: the program and the place.
 *
 * @module
 */

/** The name of a program that does not say its own. */
const UNKNOWN = "Unspecified";

/**
 * The kind of a client, such as `ZulipMobile`, as Zulip reads it from the header `User-Agent`.
 *
 * @param agent The header, such as `ZulipMobile/27.192 (Android 12)`.
 */
export function clientName(agent: string | null): string {
  const [, name = UNKNOWN] = /^([^/\s]{1,30})(?:\/|\s|$)/.exec(agent ?? "") ?? [];
  return name === "Mozilla" ? "website" : name;
}

/**
 * Where a request comes from. A proxy on the same host says it by `X-Real-IP`.
 *
 * @param remote The address at the other end of the connection.
 */
export function placeOf(request: Request, remote: string): string {
  if (!/^(::1|(::ffff:)?127\.)/.test(remote)) return remote;
  return request.headers.get("x-real-ip")?.slice(0, 64) ?? remote;
}
