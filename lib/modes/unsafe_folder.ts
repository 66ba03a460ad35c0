/**
 * Whether others than this user and root can change the code in a folder of workers, which would then
 * run as this user.
 *
 * @module
 */

import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../system/program_files.ts";

const ROOT_UID = 0;
const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
/** In a folder with it, as `/tmp`, only its owner removes and renames a file. */
const STICKY = 0o1000;

/** What is known of a file or folder. */
export interface Owned {
  readonly uid: number;
  readonly mode: number;
  readonly isFolder: boolean;
}

/**
 * Finds what makes a folder unsafe: the folder itself, a folder above it, or a file or folder in it
 * belongs to another user than this one or root, or can be written by its group or by others.
 *
 * A folder within the source of the program is as safe as the program.
 *
 * @param uid This user. @default {that of the process}
 * @returns The path and what is wrong with it, as one sentence; `undefined` where the folder is safe,
 * or cannot be read, which another check reports.
 */
export function unsafetyOf(
  folder: string,
  uid: number | null = Deno.uid(),
): string | undefined {
  if (uid === null) return undefined;
  const real = orUndefined(() => realpathSync(folder));
  if (real === undefined || isInSource(real)) return undefined;
  return new Inspection(uid).of(real);
}

/** What is wrong with one file or folder. @param isAbove Whether it is a folder above. */
export function wrongWithOwned(
  { uid, mode, isFolder }: Owned,
  user: number,
  isAbove: boolean,
): string | undefined {
  if (uid !== user && uid !== ROOT_UID) return `belongs to the user with the id ${uid}`;
  if (isFolder && isAbove && (mode & STICKY) !== 0) return undefined;
  if ((mode & WRITABLE_BY_OTHERS) !== 0) return "can be written by every user";
  return (mode & WRITABLE_BY_GROUP) !== 0 ? "can be written by its group" : undefined;
}

/** The remedy for an unsafe folder. */
export function remedyFor(folder: string): string {
  return `make it and all in it belong to this user or root (chown -R), and take the others' right ` +
    `to write away (chmod -R go-w ${folder}), or, if they may run code as this user, give ` +
    `--allow-unsafe-folder`;
}

class Inspection {
  readonly #uid: number;
  readonly #above = new Set<string>();
  readonly #within = new Set<string>();

  constructor(uid: number) {
    this.#uid = uid;
  }

  /** @param path Its real path. */
  of(path: string): string | undefined {
    return this.#folderAbove(path) ?? this.#contents(path);
  }

  #folderAbove(path: string): string | undefined {
    const folder = dirname(path);
    if (folder === path || this.#above.has(folder)) return undefined;
    this.#above.add(folder);
    return this.#folderAbove(folder) ?? this.#look(folder, true);
  }

  #contents(path: string): string | undefined {
    if (this.#within.has(path)) return undefined;
    this.#within.add(path);
    const problem = this.#look(path, false);
    if (problem !== undefined) return problem;
    for (const entry of entriesOf(path)) {
      const inside = join(path, entry.name);
      const found = entry.isSymbolicLink() ? this.#linked(inside) : this.#contents(inside);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The file that a link leads to, and all above it; a link that leads nowhere is no code. */
  #linked(path: string): string | undefined {
    const real = orUndefined(() => realpathSync(path));
    return real === undefined ? undefined : this.of(real);
  }

  #look(path: string, isAbove: boolean): string | undefined {
    const stat = orUndefined(() => statSync(path));
    if (stat === undefined) return undefined;
    const owned = { uid: stat.uid, mode: stat.mode, isFolder: stat.isDirectory() };
    const wrong = wrongWithOwned(owned, this.#uid, isAbove);
    return wrong === undefined ? undefined : `${path} ${wrong}`;
  }
}

/** What a folder has; nothing where it cannot be read, as then nothing in it is run. */
function entriesOf(path: string): readonly Dirent[] {
  return orUndefined(() => readdirSync(path, { withFileTypes: true })) ?? [];
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function isInSource(path: string): boolean {
  if (Deno.build.standalone) return false;
  return path.startsWith(realpathSync(fileURLToPath(ROOT)) + sep);
}
