/**
 * The lock of a file that a thread holds for as long as it lives, so that the main thread can see
 * when it is gone, also when nothing can end it.
 *
 * @module
 */

import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDiskFull } from "../../errors/disk_full.ts";
import { errorData } from "../../errors/error_data.ts";
import { tryLock } from "../../system/file_lock.ts";
import { isTaskThere, type TaskPath } from "./proc_task.ts";

/** How long a stopped thread may hold its lock before it counts as a zombie, in ms. */
const ZOMBIE_MS = 500;
const POLL_MS = 20;
/** The age from which on no starting thread needs a file any more, in ms. */
const OLD_MS = 3_600_000;

/** The main thread's side of the lock. */
export class LivenessLock implements Disposable {
  /** The file, which the thread opens and locks when it starts. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  #hasName = true;
  /** The thread as the system knows it, where its lock cannot be tried. */
  #task: TaskPath;

  /**
   * Makes the file. Where the disk of `STATE_DIR` is full, the file is made in the system's folder for
   * temporary files.
   *
   * @throws {Error} When `STATE_DIR` cannot be written; says what to do.
   */
  constructor(stateDir: string) {
    [this.path, this.#file] = makeFile(stateDir);
  }

  /** The thread holds the lock. @param task What it is to the system, where that is needed. */
  taken(task: TaskPath): void {
    this.#task = task;
    this.#removeName();
  }

  /** Whether the thread is gone within 500 ms. Call this once, after the thread was stopped. */
  async isReleased(): Promise<boolean> {
    using _this = this;
    for (let waited = 0; waited < ZOMBIE_MS; waited += POLL_MS) {
      if (this.#isFree()) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return this.#isFree();
  }

  /** Removes the file, on this side. */
  [Symbol.dispose](): void {
    this.#removeName();
    this.#file.close();
  }

  #isFree(): boolean {
    return tryLock(this.#file, !isTaskThere(this.#task));
  }

  /** The file needs no name once both sides have it open. */
  #removeName(): void {
    if (!this.#hasName) return;
    this.#hasName = false;
    try {
      Deno.removeSync(this.path);
    } catch {
      // It is gone with its folder.
    }
  }
}

/**
 * The thread's side: holds the lock. Keep the file from the garbage collector, which would close it.
 *
 * @param path {@linkcode LivenessLock.path}
 */
export function holdLivenessLock(path: string): Deno.FsFile {
  const file = Deno.openSync(path, { write: true });
  file.lockSync(true);
  return file;
}

/**
 * Removes the files of threads whose process was killed while they started.
 *
 * @param stateDir `STATE_DIR`; it need not be there.
 */
export function removeOldLivenessLocks(stateDir: string): void {
  try {
    for (const { name } of Deno.readDirSync(stateDir)) {
      if (!/^thread-[-0-9a-f]{36}\.lock$/.test(name)) continue;
      const path = join(stateDir, name);
      const age = Date.now() - (Deno.statSync(path).mtime?.getTime() ?? Infinity);
      if (age > OLD_MS) Deno.removeSync(path);
    }
  } catch {
    // The folder is missing or another user's, or another process removes: a left file does no harm.
  }
}

function makeFile(stateDir: string): readonly [path: string, Deno.FsFile] {
  const name = `thread-${crypto.randomUUID()}.lock`;
  try {
    return openNew(join(stateDir, name));
  } catch (error) {
    if (isDiskFull(error) && stateDir !== tmpdir()) return makeFile(tmpdir());
    const advice = isDiskFull(error)
      ? ". Make room on the disk of that folder"
      : ". Set STATE_DIR to a folder that this user may write";
    const text = `No file can be made in ${stateDir}: ${errorData(error).message}${advice}`;
    throw new Error(text, { cause: error });
  }
}

function openNew(path: string): readonly [path: string, Deno.FsFile] {
  Deno.mkdirSync(dirname(path), { recursive: true });
  return [path, Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 })];
}
