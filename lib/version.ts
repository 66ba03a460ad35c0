/**
 * The program's version.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** The version as `--version`, dead letters and statistics name it. */
export const VERSION: string = config.version;
