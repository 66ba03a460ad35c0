/**
 * Files that events are saved to before they are removed.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { UsageError } from "../errors/usage_error.ts";

/** A path of `--save`. @throws {UsageError} When there is such a file already. */
export function requireSavePath(path: string): string {
  if (!existsSync(path)) return path;
  throw new UsageError(
    `--save ${path}: the file exists already; give another name, as no file is overwritten`,
  );
}
