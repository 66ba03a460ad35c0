/**
 * The program's version.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** The version as dead letters and statistics name it. */
export const VERSION: string = config.version;

/** What `--version` prints: a binary names the commit that it was made of, too. */
export function build(): string {
  const commit = Deno.build.standalone ? embeddedCommit() : undefined;
  return commit === undefined ? VERSION : `${VERSION} (${commit})`;
}

/** What `scripts/compile.ts` has put into the binary. */
function embeddedCommit(): string | undefined {
  try {
    return Deno.readTextFileSync(new URL("../../dist/commit", import.meta.url)).trim();
  } catch {
    return undefined;
  }
}
