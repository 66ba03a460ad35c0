/**
 * Files of npm packages that are not code, such as a `.wasm` file.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { IS_SOURCE } from "./program_files.ts";

/**
 * Reads a file of a package. `scripts/compile/contents.ts` must list it. The bundle has it compressed,
 * as the runtime of a binary reads all files at its start.
 *
 * @param url What `import.meta.resolve` returns for its name.
 */
export function readPackageFile(url: string): Uint8Array {
  const bytes = readFileSync(new URL(url));
  return IS_SOURCE ? bytes : gunzipSync(bytes);
}
