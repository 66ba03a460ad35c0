/**
 * Hosts in settings.
 *
 * @module
 */

import { isIP } from "node:net";

/** Reports whether a text has the form of a host name or is an IP address, without a port. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$/.test(text);
}
