/**
 * Standard output and standard error as streams that can be written without a wait.
 *
 * @module
 */

import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Where an {@linkcode Output} writes. */
export interface OutputStream {
  /** The most bytes of a write; longer lines are written alone. */
  readonly chunkBytes: number;
  /**
   * Writes what the stream takes without a wait. Missing where that cannot be tried.
   *
   * @returns How many bytes it took.
   * @throws {Error} When the stream is closed or fails.
   */
  readonly tryWrite?: (bytes: Uint8Array) => number;
  /**
   * Writes some or all of the bytes; another thread waits until the stream takes them.
   *
   * @returns How many bytes it took; rejects when the stream is closed or fails.
   */
  write(bytes: Uint8Array): Promise<number>;
}

/** The number of standard output or standard error. */
export type StandardFd = 1 | 2;

/** A pipe takes this many bytes as a whole or not at all (POSIX's PIPE_BUF, on Linux). */
const PIPE_BUF = 4096;
/** ms until a write is tried again that another process keeps from waiting. */
const AGAIN_MS = 10;
/** The bytes of a write in the background, which costs as much as formatting several lines. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Opens a standard stream of this process.
 *
 * A pipe is opened a second time, in a mode that does not wait. The mode of the inherited file must
 * not be changed: other processes, such as the shell, share it. A file or a socket has no such mode,
 * a terminal may take a part of a line, and a pipe of another user cannot be opened; these are
 * written in the background. So is everything that is opened after `Deno.permissions.revoke`, as Deno
 * then refuses to open `/proc`.
 */
export function standardStream(fd: StandardFd): OutputStream {
  const file = fd === 1 ? Deno.stdout : Deno.stderr;
  const write = (bytes: Uint8Array) => writeSome(file, bytes);
  const second = file.isTerminal() ? undefined : openAgain(fd);
  if (second === undefined) return { chunkBytes: CHUNK_BYTES, write };
  return { chunkBytes: PIPE_BUF, write, tryWrite: (bytes) => tryWrite(second, bytes) };
}

/** Another process that shares the file may have set it to a mode that does not wait. */
async function writeSome(file: typeof Deno.stderr, bytes: Uint8Array): Promise<number> {
  try {
    return await file.write(bytes);
  } catch (error) {
    if (!(error instanceof Deno.errors.WouldBlock)) throw error;
  }
  await delay(AGAIN_MS);
  return 0;
}

/** Opens the same pipe or device, if it is one, so that writes do not wait. */
function openAgain(fd: StandardFd): number | undefined {
  try {
    const stat = fstatSync(fd);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return undefined;
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // It is closed, or another user's, or the system has no /proc.
    return undefined;
  }
}

/** Deno does not say how many bytes were written where that were not all: longer lines are not tried. */
function tryWrite(fd: number, bytes: Uint8Array): number {
  if (bytes.length > PIPE_BUF) return 0;
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if ((error as { readonly code?: string }).code === "EAGAIN") return 0;
    throw error;
  }
}
