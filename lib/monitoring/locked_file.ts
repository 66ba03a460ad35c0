/**
 * Files that several processes write, under the lock Zulip's processes take too: an flock on
 * `<file>.lock`.
 *
 * @module
 */

import { dirname } from "node:path";
import { tryLock } from "../system/file_lock.ts";

/** ms to wait for the lock of a file that is appended to. */
const APPEND_LOCK_MS = 50;
/** Whoever held a lock for so long stands still: for so long, in ms, nobody waits for it again. */
const VAIN_MS = 5000;

const encoder = new TextEncoder();
const pause = new Int32Array(new SharedArrayBuffer(4));
/** When a lock was waited for in vain, by its file. */
const vainAt = new Map<string, number>();

/**
 * Replaces a file in one step, by way of `<path>.tmp`; makes its folder. Never waits.
 *
 * @returns Whether it was written; false means somebody else holds the lock.
 * @throws {Error} What the file system says.
 */
export function replaceUnderLock(path: string, text: string): boolean {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using lock = Deno.openSync(`${path}.lock`, { create: true, write: true });
  if (!tryLock(lock, true)) return false;
  Deno.writeTextFileSync(`${path}.tmp`, text);
  Deno.renameSync(`${path}.tmp`, path);
  return true;
}

/**
 * Appends to a file that only its owner may read; makes it, and its folder. All of the text is
 * written or none of it.
 *
 * Waits at most 50 ms for the lock and then writes without it: appending is safe beside others
 * that append, and to lose the text would be worse. After such a wait it is 5 s until it
 * waits for this file again, as all queues of the process stand still meanwhile.
 *
 * @throws {Error} What the file system says.
 */
export function appendUnderLock(path: string, text: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  using lock = Deno.openSync(`${path}.lock`, {
    create: true,
    write: true,
    mode: 0o600,
  });
  waitForLock(lock, path);
  using file = Deno.openSync(path, { create: true, append: true, mode: 0o600 });
  const size = file.statSync().size;
  try {
    writeAll(file, encoder.encode(text));
  } catch (error) {
    file.truncateSync(size);
    throw error;
  }
}

function waitForLock(lock: Deno.FsFile, path: string): void {
  const isVain = performance.now() - (vainAt.get(path) ?? -Infinity) < VAIN_MS;
  const most = isVain ? 0 : APPEND_LOCK_MS;
  for (let ms = 0; !tryLock(lock, true); ms++) {
    if (ms === most) {
      if (!isVain) vainAt.set(path, performance.now());
      return;
    }
    Atomics.wait(pause, 0, 0, 1);
  }
  vainAt.delete(path);
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
