/**
 * Files that several processes write, under the lock that Zulip's processes also take: an flock on
 * `<file>.lock`.
 *
 * @module
 */

import { dirname } from "node:path";
import { tryLock } from "../system/file_lock.ts";

/** ms to wait for the lock of a file that is appended to. */
const APPEND_LOCK_MS = 50;
/** ms for which a file's lock is not waited for again after a wait in vain. */
const NO_WAIT_MS = 5000;

const encoder = new TextEncoder();
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Replaces a file in one step, by way of `<path>.tmp`; makes its folder. Never waits.
 *
 * @returns Whether it was written: not while another process holds the lock.
 * @throws {Error} The error of the file system.
 */
export function replaceUnderLock(path: string, text: string): boolean {
  Deno.mkdirSync(dirname(path), { recursive: true });
  using lock = Deno.openSync(`${path}.lock`, { create: true, write: true });
  if (!tryLock(lock, true)) return false;
  Deno.writeTextFileSync(`${path}.tmp`, text);
  Deno.renameSync(`${path}.tmp`, path);
  return true;
}

/** A file that is appended to, and that only its owner may read. */
export class AppendedFile {
  readonly #path: string;
  #waitedInVainAt = -Infinity;

  /** @param path The file; it and its folder are made when they are needed. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Appends all of a text or none of it.
   *
   * Waits at most 50 ms for the lock and then writes without it: appending is safe beside others
   * that append, and losing the text would be worse. After a wait in vain it does not wait for 5 s,
   * because all queues of the process stand still meanwhile.
   *
   * @throws {Error} The error of the file system.
   */
  append(text: string): void {
    Deno.mkdirSync(dirname(this.#path), { recursive: true, mode: 0o750 });
    using lock = Deno.openSync(`${this.#path}.lock`, { create: true, write: true, mode: 0o600 });
    this.#waitForLock(lock);
    using file = Deno.openSync(this.#path, { create: true, append: true, mode: 0o600 });
    const size = file.statSync().size;
    try {
      writeAll(file, encoder.encode(text));
    } catch (error) {
      file.truncateSync(size);
      throw error;
    }
  }

  #waitForLock(lock: Deno.FsFile): void {
    const mayWait = performance.now() - this.#waitedInVainAt >= NO_WAIT_MS;
    const mostMs = mayWait ? APPEND_LOCK_MS : 0;
    for (let ms = 0; !tryLock(lock, true); ms++) {
      if (ms === mostMs) {
        if (mayWait) this.#waitedInVainAt = performance.now();
        return;
      }
      Atomics.wait(pause, 0, 0, 1);
    }
    this.#waitedInVainAt = -Infinity;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
