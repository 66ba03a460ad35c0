/**
 * File locks as flock(2) makes them: a lock ends with its file handle, and so with the thread or
 * process of that, however that ends.
 *
 * @module
 */

/** The methods of a file that locking needs. */
export interface LockableFile {
  lockSync(exclusive?: boolean): void;
  /** Missing before Deno 2.9. */
  tryLockSync?(exclusive?: boolean): boolean;
  /** Missing before Deno 2.9. */
  tryLock?(exclusive?: boolean): Promise<boolean>;
}

/**
 * Takes the exclusive lock of an open file, unless another file handle holds it. Never waits.
 *
 * @param ifUnknown The result where the runtime cannot try locks; the file is not locked then.
 * @returns Whether it was taken.
 */
export function tryLock(file: LockableFile, ifUnknown: boolean): boolean {
  return file.tryLockSync ? file.tryLockSync(true) : ifUnknown;
}

/** Does the same as {@linkcode tryLock}; another thread waits for the file system. */
export async function tryLockLater(file: LockableFile, ifUnknown: boolean): Promise<boolean> {
  return await file.tryLock?.(true) ?? ifUnknown;
}

/** Whether the runtime can try to take a lock. */
export function canTry(file: LockableFile): boolean {
  return file.tryLockSync !== undefined;
}
