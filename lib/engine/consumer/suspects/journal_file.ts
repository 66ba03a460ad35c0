/**
 * The file of a journal: locked for as long as its process lives, and only its last line counts.
 *
 * @module
 */

import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** The file is emptied before it would grow over this. */
const MAX_BYTES = 256 * 1024;
const NONE: readonly string[] = [];

/** The file of a journal. It is made, and locked, when it is first written. */
export class JournalFile {
  readonly #path: string;
  readonly #encoder = new TextEncoder();
  #file: Deno.FsFile | undefined;
  #bytes = 0;
  /** Whether the last line may be there in part. */
  #isCut = false;
  #isClosed = false;
  #replaced: readonly string[];

  /**
   * @param path Where the file will be; its folder is made if need be.
   * @param replaced The files that go when the first line is written, as it says what they say.
   */
  constructor(path: string, replaced: readonly string[]) {
    this.#path = path;
    this.#replaced = replaced;
  }

  /** Whether it was closed: nothing is written then. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Writes a line, after which those before it do not count. May be called again after an error.
   *
   * @throws {Error} When the folder cannot be written, or its disk is full.
   */
  write(text: string): void {
    const file = this.#file ??= create(this.#path);
    const line = this.#encoder.encode(`${this.#isCut ? "\n" : ""}${text}\n`);
    if (this.#bytes + line.length > MAX_BYTES) this.#empty(file);
    this.#isCut = true;
    for (let from = 0; from < line.length;) {
      const written = file.writeSync(line.subarray(from));
      from += written;
      this.#bytes += written;
    }
    this.#isCut = false;
    for (const replaced of this.#replaced) rmSync(replaced, { force: true });
    this.#replaced = NONE;
  }

  #empty(file: Deno.FsFile): void {
    file.truncateSync(0);
    file.seekSync(0, Deno.SeekMode.Start);
    this.#bytes = 0;
  }

  /** Removes the file, which stays open. */
  remove(): void {
    rmSync(this.#path, { force: true });
  }

  /** Closes and unlocks the file: the next process reads it, if it is there. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file?.close();
  }
}

/** Makes the file. It is locked before it has its name, so that nobody finds it without its lock. */
function create(path: string): Deno.FsFile {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  const file = Deno.openSync(temporary, { write: true, read: true, createNew: true, mode: 0o600 });
  try {
    file.lockSync(true);
    Deno.renameSync(temporary, path);
    return file;
  } catch (error) {
    file.close();
    rmSync(temporary, { force: true });
    throw error;
  }
}
