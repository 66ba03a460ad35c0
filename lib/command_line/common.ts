/**
 * The common part of all commands.
 *
 * @module
 */

import type { ConfigFlags } from "../config/setting.ts";

/** The common part of all commands that do something. */
export interface Common {
  /** Options that override the environment. */
  readonly flags: ConfigFlags;
  /** Warnings for the user about the arguments. */
  readonly warnings: readonly string[];
}
