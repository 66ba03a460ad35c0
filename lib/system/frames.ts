/**
 * Places in a stack that are not in the program's own code.
 *
 * @module
 */

import { fileURLToPath, pathToFileURL } from "node:url";
import { programFile } from "./program_files.ts";

const OWN_CODE = programFile("lib/").href;

/** The first place in a stack that is not in this program's own code, as `file:///a.ts:1:2`. */
export function firstFrame(stack: string | undefined): string | undefined {
  return frames(stack).find((place) => !place.startsWith(OWN_CODE));
}

/**
 * The first place in a stack that is in a folder and in no package there, or else the first one outside of the program's own
 * code, as `/folder/a.ts:1:2`.
 */
export function frameIn(folder: string, stack: string | undefined): string | undefined {
  const start = pathToFileURL(`${folder}/`).href;
  const isIn = (place: string) => place.startsWith(start) && !place.includes("/node_modules/");
  const place = frames(stack).find(isIn) ?? firstFrame(stack);
  return place && fileURLToPath(place);
}

function frames(stack = ""): string[] {
  return [...stack.matchAll(/^ +at .*?\(?(file:[^\s)]+)\)?$/gm)].map(([, place = ""]) => place);
}
