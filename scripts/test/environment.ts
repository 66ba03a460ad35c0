/**
 * The environment of tests: the caller's without the program's own settings, which would change
 * what tests see.
 *
 * @module
 */

import { SETTINGS } from "../../lib/config/settings.ts";

const QUEUE = "<QUEUE>";

/** Leaves out of an environment everything that sets up the program. */
export function withoutSettings(
  environment: Readonly<Record<string, string>>,
  settings: readonly string[] = SETTINGS.map(({ name }) => name),
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !settings.some((one) => isOf(one, name))),
  );
}

/** Whether a variable is a setting, or might be one for some queue. */
function isOf(setting: string, name: string): boolean {
  const [before = "", after] = setting.split(QUEUE);
  if (after === undefined) return name === setting;
  // What begins with PQ_ is refused where it is no setting.
  return before === "" ? name.endsWith(after) : name.startsWith(before);
}
