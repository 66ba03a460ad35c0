/**
 * Which processes are alive: each that takes events holds the lock of a file of its own, which the
 * kernel releases when the process ends, however it ends.
 *
 * @module
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { canTry, tryLock } from "../../../system/file_lock.ts";
import { exists } from "./mark.ts";

/** The lock file of this process, or of one broker object in it. */
export class LifeLock implements Disposable {
  /** The file's name in its folder. */
  readonly name: string;
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(name: string, path: string, file: Deno.FsFile) {
    this.name = name;
    this.#path = path;
    this.#file = file;
  }

  /**
   * Makes a lock file and locks it.
   *
   * @param folder The folder; made if it does not exist.
   * @throws {Error} The error of the file system.
   */
  static create(folder: string): LifeLock {
    Deno.mkdirSync(folder, { recursive: true });
    for (;;) {
      const name = `${crypto.randomUUID()}.lock`;
      const path = join(folder, name);
      const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o644 });
      // Another process may have found it free and removed it before it was locked.
      if (lockNew(file) && exists(path)) return new LifeLock(name, path, file);
      file.close();
    }
  }

  /** Releases the lock but leaves the file, so that others take its owner for dead. */
  abandon(): void {
    this.#file.close();
  }

  /** Removes the file and releases the lock. */
  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
    this.#file.close();
  }
}

/**
 * Whether the process that held the lock has ended. A file that does not exist has no holder. One
 * that may not be opened belongs to another user, whose processes find out.
 */
export function isFree(folder: string, name: string): boolean {
  try {
    const path = join(folder, name);
    using file = Deno.openSync(path, { read: true });
    return tryLock(file, false);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

/** How many processes hold a lock file of the folder. */
export function countHolders(folder: string): number {
  return lockNames(folder).filter((name) => !isFree(folder, name)).length;
}

/** Removes lock files that nobody holds, of owners that were removed from the broker's file. */
export function removeFree(folder: string, isKnown: (name: string) => boolean): void {
  for (const name of lockNames(folder)) {
    if (!isKnown(name)) removeIfFree(join(folder, name));
  }
}

/** Removes a file while it is locked, so that its creator sees that it is gone. */
function removeIfFree(path: string): void {
  try {
    using file = Deno.openSync(path, { read: true });
    if (tryLock(file, false)) rmSync(path, { force: true });
  } catch {
    // Another process has removed it, or it belongs to another user.
  }
}

/** The names of the lock files in a folder; none where there is no such folder. */
function lockNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.endsWith(".lock"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Locks a file that was just made, unless another process locks it first. */
function lockNew(file: Deno.FsFile): boolean {
  if (canTry(file)) return tryLock(file, false);
  file.lockSync(true);
  return true;
}
