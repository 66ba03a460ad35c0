/**
 * Addresses of images on the proxy of a Zulip server (camo), through which its users load images of
 * others.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";

/** The proxy. */
export interface Camo {
  /** Zulip's CAMO_URI, with its final slash. */
  readonly uri: string;
  /** Zulip's CAMO_KEY. */
  readonly key: string;
}

/** The address of an image on the proxy; without a proxy, its own. */
export function camoUrl(url: string, camo: Camo | undefined): string {
  if (!camo) return url;
  const digest = createHmac("sha1", camo.key).update(url).digest("hex");
  return `${camo.uri}${digest}/${Buffer.from(url).toString("hex")}`;
}
