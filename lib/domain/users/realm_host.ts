/**
 * Where a realm is found.
 *
 * @module
 */

/**
 * The host of a realm: the server's own for the realm without a subdomain, else below it.
 *
 * @param stringId Zulip's `string_id`, which is the subdomain.
 * @param externalHost Zulip's EXTERNAL_HOST.
 */
export function realmHost(stringId: string, externalHost: string): string {
  return stringId === "" ? externalHost : `${stringId}.${externalHost}`;
}

/** A host without its port, as in the domain of an address. */
export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, "");
}
