/**
 * The folder of control sockets: `<STATE_DIR>/control`, which only its owner may enter.
 *
 * A process has two files there: `<pid>-<4 hex>.sock`, and `<pid>-<4 hex>.lock`, whose lock it
 * holds. A socket whose lock is free is that of a process that has ended.
 *
 * @module
 */

import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tryLock } from "../system/file_lock.ts";

/** The most bytes of a socket's path; the system's own limit is 108. */
export const MOST_PATH_BYTES = 100;
const FILE = /^(\d+)-[0-9a-f]{4}\.(sock|lock)$/;

/** Why no control socket can be made. */
export class ControlFolderError extends Error {
  override readonly name = "ControlFolderError";
}

/** The folder of the control sockets of a `STATE_DIR`. */
export function controlFolder(stateDir: string): string {
  return join(stateDir, "control");
}

/** A socket that a process listens on, or has left behind. */
export interface FoundSocket {
  readonly path: string;
  readonly pid: number;
}

/** The sockets of processes that live, sorted by pid; none where there is no folder. */
export function findSockets(stateDir: string): FoundSocket[] {
  const folder = controlFolder(stateDir);
  const stale = new Set(staleFiles(folder));
  return names(folder).filter((name) => !stale.has(join(folder, name))).flatMap((name) => {
    const [, pid, ending] = FILE.exec(name) ?? [];
    return ending === "sock" ? [{ path: join(folder, name), pid: Number(pid) }] : [];
  }).sort((a, b) => a.pid - b.pid);
}

/**
 * Makes the folder, with mode 0700.
 *
 * @throws {ControlFolderError} Where it is another user's, or no folder.
 */
export function prepareFolder(stateDir: string): string {
  const folder = controlFolder(stateDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) {
    throw new ControlFolderError(`${folder} is not a folder: remove it`);
  }
  const uid = Deno.uid();
  if (uid !== null && stat.uid !== uid) {
    throw new ControlFolderError(
      `${folder} belongs to the user with the id ${stat.uid}: change its owner by chown`,
    );
  }
  if ((stat.mode & 0o777) !== 0o700) chmodSync(folder, 0o700);
  return folder;
}

/** The files of processes that have ended. @param folder {@linkcode controlFolder} */
export function staleFiles(folder: string): string[] {
  return names(folder).filter((name) => FILE.test(name))
    .map((name) => join(folder, name))
    .filter((path) => !isHeld(lockOf(path)));
}

/** Removes the files of processes that have ended. */
export function removeStale(folder: string): void {
  removeStaleFiles(staleFiles(folder));
}

/**
 * Removes files of processes that have ended, unless a process has one of them by now.
 *
 * @param paths {@linkcode staleFiles}
 * @returns Those that were removed.
 */
export function removeStaleFiles(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    if (!existsSync(path)) return false;
    let isRemoved = false;
    whileLocked(lockOf(path), () => {
      rmSync(path, { force: true });
      isRemoved = true;
    });
    return isRemoved;
  });
}

function lockOf(path: string): string {
  return path.replace(/\.\w+$/, ".lock");
}

/** Whether a process holds the lock of a file. One that cannot be opened counts as held. */
function isHeld(path: string): boolean {
  let isFree = false;
  whileLocked(path, () => void (isFree = true));
  return !isFree;
}

/** Calls a function with a lock that no process holds, also where its file is gone. */
function whileLocked(path: string, use: () => void): void {
  try {
    using file = Deno.openSync(path, { read: true });
    if (tryLock(file, false)) use();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) use();
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
