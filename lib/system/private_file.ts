/**
 * Files that only their owner may read.
 *
 * @module
 */

/**
 * Makes an empty file with the mode 0600, because events can hold secrets. A file that exists is not
 * opened: closing it would release the locks that this process holds on it.
 */
export function makePrivateFile(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
