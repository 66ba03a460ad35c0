/**
 * The checksums of a release.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A line of `SHA256SUMS`, as `sha256sum --check` reads it. */
export function checksumLine(name: string, bytes: Uint8Array): string {
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`;
}

/** Writes `SHA256SUMS` into a folder. @param files Files of that folder. */
export function writeChecksums(folder: string, files: readonly string[]): void {
  const lines = files.map((file) => checksumLine(basename(file), readFileSync(file)));
  writeFileSync(join(folder, "SHA256SUMS"), lines.join(""));
}
