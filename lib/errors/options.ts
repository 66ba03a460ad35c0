/**
 * Names of options that there are not.
 *
 * @module
 */

import { enumeration } from "./alternatives.ts";
import { didYouMean } from "./spelling.ts";

/**
 * The problem with the first unknown name of some options, to follow the name of what takes them:
 * `has no option count; did you mean counts?`. Where no name is near, all are listed.
 *
 * @param known The names there are.
 * @returns `undefined` where all names are known.
 */
export function unknownOption(options: object, known: ReadonlySet<string>): string | undefined {
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    return `has no option ${name}${didYouMean(name, known) || `: it has ${enumeration(known)}`}`;
  }
  return undefined;
}
