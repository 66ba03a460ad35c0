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

/** Where users and programs reach the server. */
export interface Site {
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
  /** ZULIP_SITE: where the server's API is, if not under EXTERNAL_HOST. */
  readonly zulipSite?: string | undefined;
}

/** Where users find a realm, without a slash at the end. */
export function realmPage(stringId: string, { scheme, externalHost }: Site): string {
  return scheme + realmHost(stringId, externalHost);
}

/**
 * Where the API of a realm is, without a slash at the end: below ZULIP_SITE, but where that is an IP
 * address, which has no subdomains.
 */
export function realmApi(stringId: string, site: Site): string {
  if (site.zulipSite === undefined) return realmPage(stringId, site);
  const { protocol, host, hostname } = new URL(site.zulipSite);
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return `${protocol}//${isAddress ? host : realmHost(stringId, host)}`;
}
