/**
 * Locks of files, as flock(2) makes them: they go with the file handle, and so with its thread or
 * process, however that ends.
 *
 * @module
 */

/** What this takes of a file. */
export interface LockableFile {
  lockSync(exclusive?: boolean): void;
  /** Runtimes before Deno 2.9 cannot try. */
  tryLockSync?(exclusive?: boolean): boolean;
}

/**
 * Takes the exclusive lock of an open file, unless another file handle has it. Never waits.
 *
 * @param ifUnknown What to answer where the runtime cannot try; nothing is locked then.
 * @returns Whether it was taken.
 */
export function tryLock(file: LockableFile, ifUnknown: boolean): boolean {
  return file.tryLockSync ? file.tryLockSync(true) : ifUnknown;
}

/** Whether the runtime can try to take a lock. */
export function canTry(file: LockableFile): boolean {
  return file.tryLockSync !== undefined;
}
