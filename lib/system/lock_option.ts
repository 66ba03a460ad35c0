/**
 * The option `--lock`: a file that one process at a time may hold, as with flock(1).
 *
 * @module
 */

import { errorData } from "../errors/error_data.ts";
import { UsageError } from "../errors/usage_error.ts";
import { canTry, tryLock } from "./file_lock.ts";

/**
 * Locks a file, which is made if it does not exist. The lock ends with the process, however that
 * ends.
 *
 * @returns `undefined` when another process holds the lock.
 * @throws {UsageError} When the file cannot be opened, or the runtime cannot try locks.
 */
export function takeLock(path: string): Disposable | undefined {
  const file = open(path);
  if (!canTry(file)) {
    throw new UsageError("--lock needs Deno 2.9 or later, and this runtime is older");
  }
  if (tryLock(file, false)) return file;
  file.close();
  return undefined;
}

function open(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true });
  } catch (error) {
    throw new UsageError(
      `--lock ${path} cannot be opened: ${errorData(error).message}. Name a file in a folder ` +
        `that exists and that this user may write`,
    );
  }
}
