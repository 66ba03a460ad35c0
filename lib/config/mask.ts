/**
 * Hides the secrets of a configuration.
 *
 * @module
 */

import { splitAddresses } from "./broker_addresses.ts";

/** Stands where a secret was. */
export const MASK = "***";

/**
 * The URL with `***` for its password, and for what looks like one in its query; so for each of
 * several addresses. A URL that cannot be parsed is masked as well: everything from its first `:`
 * to its last `@`.
 */
export function maskUrl(url: string): string {
  return splitAddresses(url).map(masked).join(",");
}

function masked(url: string): string {
  return url
    .replace(/(:\/\/[^:/?#@]*:).*@/s, `$1${MASK}@`)
    .replace(/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&#]*/gi, `$1${MASK}`);
}
