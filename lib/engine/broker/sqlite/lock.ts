/**
 * Who is alive: each process that takes events holds a lock on a file of its own, which the kernel
 * lets go of when the process ends, however it ends.
 *
 * @module
 */

import { join } from "node:path";
import { canTry, tryLock } from "../../../system/file_lock.ts";

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
   * @param folder Where; made if need be.
   * @throws {Error} What the file system says.
   */
  static create(folder: string): LifeLock {
    Deno.mkdirSync(folder, { recursive: true });
    for (;;) {
      const name = `${crypto.randomUUID()}.lock`;
      const path = join(folder, name);
      const file = Deno.openSync(path, { write: true, createNew: true, mode: 0o644 });
      // Before it was locked, somebody may have found it free and removed it.
      if (lockNew(file) && exists(path)) return new LifeLock(name, path, file);
      file.close();
    }
  }

  /** Lets go of the lock, but leaves the file: whoever finds it takes its owner for dead. */
  abandon(): void {
    this.#file.close();
  }

  /** Removes the file and lets go of the lock. */
  [Symbol.dispose](): void {
    removeIfThere(this.#path);
    this.#file.close();
  }
}

/**
 * Whether the process that held the lock has ended. A file that is not there has no holder; of
 * another user's, where it may not be opened, that user's processes find out.
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

/** Removes lock files that nobody holds; to be called when their owners are gone from the file. */
export function removeFree(folder: string, isKnown: (name: string) => boolean): void {
  for (const name of lockNames(folder)) {
    if (!isKnown(name)) removeIfFree(join(folder, name));
  }
}

/** Removed while it is locked, so that whoever locks it next can see that it is gone. */
function removeIfFree(path: string): void {
  try {
    using file = Deno.openSync(path, { read: true });
    if (tryLock(file, false)) removeIfThere(path);
  } catch {
    // Another has removed it, or it is another user's.
  }
}

function lockNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.endsWith(".lock"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A file that was just made is locked at once, unless somebody found it before. */
function lockNew(file: Deno.FsFile): boolean {
  if (canTry(file)) return tryLock(file, false);
  file.lockSync(true);
  return true;
}
