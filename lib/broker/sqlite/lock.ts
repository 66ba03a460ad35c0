/**
 * Who is alive: each process that takes events holds a lock on a file of its own, which the kernel
 * lets go of when the process ends, however it ends.
 *
 * @module
 */

import { join } from "node:path";

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
      if (file.tryLockSync(true) && exists(path)) return new LifeLock(name, path, file);
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

/** Whether the process that held the lock has ended. A file that is not there has no holder. */
export function isFree(folder: string, name: string): boolean {
  try {
    using file = Deno.openSync(join(folder, name), { read: true });
    return file.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** Removes lock files that nobody holds; to be called when their owners are gone from the file. */
export function removeFree(folder: string, isKnown: (name: string) => boolean): void {
  for (const name of lockNames(folder)) {
    const path = join(folder, name);
    if (isKnown(name)) continue;
    try {
      using file = Deno.openSync(path, { read: true });
      if (file.tryLockSync(true)) removeIfThere(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
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
