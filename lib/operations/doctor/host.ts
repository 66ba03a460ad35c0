/**
 * What is found about this host: room on its disks, and how it listens.
 *
 * @module
 */

import { isLoopback } from "../../config/listen_address.ts";
import type { ServerConfig } from "../../config/server_config.ts";
import { fine, type Found, warning, wrong } from "./finding.ts";

/** The disk of a folder. */
export interface DiskFacts {
  /** The setting of the folder. */
  readonly setting: string;
  readonly folder: string;
  /** What this user may still write. */
  readonly freeBytes: number;
}

const MB = 1_000_000;
/** With less than this, events may not be written before somebody has seen a warning. */
const LEAST_BYTES = 100 * MB;
const LOW_BYTES = 1000 * MB;

/** Judges disks; folders of one disk have as much room as each other, and are named together. */
export function disksFound(disks: readonly DiskFacts[]): Found[] {
  const low = disks.filter(({ freeBytes }) => freeBytes < LOW_BYTES);
  if (low.length === 0) return [fine("over 1 GB is free")];
  return low.map(({ setting, folder, freeBytes }) => {
    const text = `${setting}: ${Math.floor(freeBytes / MB)} MB are free on the disk of ${folder}`;
    return (freeBytes < LEAST_BYTES ? wrong : warning)(text, { fix: "make room on that disk" });
  });
}

/** Where the HTTP server listens, and the file of its token, where that is known. */
export interface HttpFacts extends Pick<ServerConfig, "address" | "hosts" | "basePath"> {
  /** A file with a token that others than its owner may read. */
  readonly openTokenFiles: readonly string[];
}

/** Judges how the HTTP server listens. */
export function httpFound({ address, hosts, basePath, openTokenFiles }: HttpFacts): Found[] {
  const tokens = openTokenFiles.map((file) =>
    warning(`others than its owner may read the token in ${file}`, { fix: `chmod 600 ${file}` })
  );
  if (!address) return tokens;
  const { host, port } = address;
  // Who names the server for a proxy has put one before it.
  const isBare = !isLoopback(host) && hosts.length === 0 && basePath === "";
  if (!isBare) return [fine(`listens on ${host}:${port}`), ...tokens];
  const message =
    `HTTP is open beyond this host on ${host}:${port}, and has no TLS: tokens can be ` +
    "read on the way";
  const fix = "put a proxy with TLS before it, name it in HTTP_HOSTS, and set HTTP to a port alone";
  return [warning(message, { fix }), ...tokens];
}
