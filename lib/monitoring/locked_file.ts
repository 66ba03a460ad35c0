/**
 * Files that several processes write, under the lock that Zulip's processes also take: an flock on
 * `<file>.lock`. Nothing here holds up the thread that calls it, also on a disk that does not answer.
 *
 * @module
 */

import { dirname } from "node:path";
import { tryLockLater } from "../system/file_lock.ts";

/** How long to wait for the lock of a file that is appended to, in ms. */
const APPEND_LOCK_MS = 500;
/** How often that lock is tried, in ms. */
const TRY_MS = 5;

const encoder = new TextEncoder();

/**
 * Replaces a file in one step, by way of `<path>.tmp`; makes its folder. Does not wait for the lock.
 *
 * @returns Resolves to whether it was written: not while another process holds the lock. Rejects
 * with the error of the file system.
 */
export async function replaceUnderLock(path: string, text: string): Promise<boolean> {
  await Deno.mkdir(dirname(path), { recursive: true });
  using lock = await Deno.open(`${path}.lock`, { create: true, write: true });
  if (!await tryLockLater(lock, true)) return false;
  await Deno.writeTextFile(`${path}.tmp`, text);
  await Deno.rename(`${path}.tmp`, path);
  return true;
}

/**
 * Appends all of a text to a file or none of it. The file and its folder are made when they are
 * needed; only the file's owner may read it.
 *
 * Waits at most 500 ms for the lock and then writes without it: appending is safe beside others that
 * append, and losing the text would be worse. Then a part of the text may stay in the file, as what
 * others have appended meanwhile must not be cut off.
 *
 * @returns Rejects with the error of the file system.
 */
export async function appendUnderLock(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o750 });
  using lock = await Deno.open(`${path}.lock`, { create: true, write: true, mode: 0o600 });
  const isAlone = await waitForLock(lock);
  using file = await Deno.open(path, { create: true, append: true, mode: 0o600 });
  const { size } = await file.stat();
  try {
    await writeAll(file, encoder.encode(text));
  } catch (error) {
    if (isAlone) await file.truncate(size);
    throw error;
  }
}

/** Whether the lock was taken. */
async function waitForLock(lock: Deno.FsFile): Promise<boolean> {
  for (let ms = 0; ms < APPEND_LOCK_MS; ms += TRY_MS) {
    if (await tryLockLater(lock, true)) return true;
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  }
  return false;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
