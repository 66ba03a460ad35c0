/**
 * Whose files and folders the program works with.
 *
 * @module
 */

import { join } from "node:path";
import { visible } from "../errors/visible.ts";

/** What to do about files of another user. */
export const CHOWN = "change their owner by chown, or run this as their owner";
/** Root, who may do anything in every folder. */
const ROOT_UID = 0;
/** The most files that a message names. */
const MOST_NAMED = 3;

/**
 * The warning for root who works in the folder of another user: the files that it makes there cannot
 * be written by that user.
 *
 * @returns `undefined` where there is nothing to warn of.
 */
export function rootWarning(
  folders: readonly string[],
  uid: number | null = Deno.uid(),
): string | undefined {
  if (uid !== ROOT_UID) return undefined;
  const folder = folders.find((folder) => (ownerOf(folder) ?? ROOT_UID) !== ROOT_UID);
  if (folder === undefined) return undefined;
  const owner = ownerOf(folder);
  return `root works in ${folder}, which belongs to the user with the id ${owner}: files that it ` +
    `makes there cannot be written by that user. Use sudo -u '#${owner}'`;
}

/** The problem with files in a folder that belong to another user than this one; root may use all. */
export function foreignFiles(
  folder: string,
  uid: number | null = Deno.uid(),
): string | undefined {
  const foreign = foreignOf(folder, namesIn(folder), uid);
  if (foreign.length === 0) return undefined;
  const named = foreign.slice(0, MOST_NAMED).map(visible).join(", ");
  const more = foreign.length > MOST_NAMED ? ` and ${foreign.length - MOST_NAMED} more` : "";
  return `files in ${folder} belong to another user: ${named}${more}`;
}

/** Those of the files in a folder that belong to another user than this one; root may use all. */
export function foreignOf(
  folder: string,
  names: readonly string[],
  uid: number | null = Deno.uid(),
): string[] {
  if (uid === null || uid === ROOT_UID) return [];
  return names.filter((name) => (ownerOf(join(folder, name)) ?? uid) !== uid);
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return []; // Another check says what is wrong with the folder.
  }
}

function ownerOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).uid ?? undefined;
  } catch {
    return undefined;
  }
}
