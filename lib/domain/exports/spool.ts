/**
 * A file in which one part of an export is collected: an archive has to know how long each of its
 * files is before it has the first byte.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Archive, Written } from "./archive.ts";

const READ_BYTES = 64 * 1024;
const ONLY_MINE = 0o600;

/** A file that has no name, so that nothing of it is left when its process ends. Dispose of it. */
export class Spool implements AsyncDisposable {
  readonly #folder: string;
  readonly #file: FileHandle;
  #bytes = 0;

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  /** Makes the folder, which only this user may read, and a file in it that nobody else has. */
  static async open(folder: string): Promise<Spool> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, randomUUID());
    const file = await open(path, "wx+", ONLY_MINE);
    await rm(path);
    return new Spool(folder, file);
  }

  /** Appends text. */
  async append(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#bytes);
      at += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  /** Adds what was appended to an archive, as a file, and begins with nothing. */
  async moveTo(archive: Archive, name: string): Promise<Written> {
    const written = await archive.add(name, this.#bytes, piecesOf(this.#file));
    await this.#file.truncate();
    this.#bytes = 0;
    return written;
  }

  /** Closes the file. The folder is removed, unless another run uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    await rmdir(this.#folder).catch(() => {});
  }
}

/**
 * The bytes of a file, piece by piece.
 *
 * @throws {Error} `ENOENT` when there is none.
 */
export async function* contentsOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    yield* piecesOf(file);
  } finally {
    await file.close();
  }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0;;) {
    const piece = new Uint8Array(READ_BYTES);
    const { bytesRead } = await file.read(piece, 0, READ_BYTES, at);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}
