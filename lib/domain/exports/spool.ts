/**
 * A file in which one part of an export is collected: an archive has to know how long each of its
 * files is before it has the first byte.
 *
 * @module
 */

import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Archive, Written } from "./archive.ts";

const READ_BYTES = 64 * 1024;
const ONLY_MINE = 0o600;

/** A folder with one file, for one export. Dispose of it to remove both. */
export class Spool implements AsyncDisposable {
  readonly #folder: string;
  readonly #path: string;
  #file: FileHandle | undefined;
  #bytes = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, "part");
  }

  /** Makes the folder, which only this user may read. What an earlier run has left is replaced. */
  static async open(folder: string): Promise<Spool> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Spool(folder);
  }

  /** Appends text. */
  async append(text: string): Promise<void> {
    this.#file ??= await open(this.#path, "w", ONLY_MINE);
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) {
      at += (await this.#file.write(bytes, at, bytes.length - at)).bytesWritten;
    }
    this.#bytes += bytes.length;
  }

  /** Adds what was appended to an archive, as a file, and begins with nothing. */
  async moveTo(archive: Archive, name: string): Promise<Written> {
    if (!this.#file) return await archive.add(name, 0, (async function* () {})());
    await this.#file.close();
    this.#file = undefined;
    const size = this.#bytes;
    this.#bytes = 0;
    return await archive.add(name, size, contentsOf(this.#path));
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
    await rm(this.#folder, { recursive: true, force: true });
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
    for (;;) {
      const piece = new Uint8Array(READ_BYTES);
      const { bytesRead } = await file.read(piece, 0, READ_BYTES, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
