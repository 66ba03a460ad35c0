/**
 * The file of a journal: locked for as long as its process lives, and only its last line counts.
 *
 * @module
 */

import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/** The file is emptied before it would grow over this. */
const MAX_BYTES = 256 * 1024;

/** A journal's file that is open and locked. */
export class JournalFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();
  #bytes = 0;
  #isClosed = false;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Makes the file, and its folder if need be. It is locked before it has its name, so that nobody
   * finds it without its lock.
   *
   * @throws {Error} When the folder cannot be written.
   */
  static create(path: string): JournalFile {
    mkdirSync(dirname(path), { recursive: true });
    const temporary = `${path}.tmp`;
    const file = Deno.openSync(temporary, {
      write: true,
      read: true,
      createNew: true,
      mode: 0o600,
    });
    file.lockSync(true);
    Deno.renameSync(temporary, path);
    return new JournalFile(path, file);
  }

  /** Whether it was closed: nothing is written then. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes a line, after which those before it do not count. @throws {Error} On a full disk. */
  write(text: string): void {
    const line = this.#encoder.encode(text + "\n");
    if (this.#bytes + line.length > MAX_BYTES) this.#empty();
    for (let from = 0; from < line.length;) {
      from += this.#file.writeSync(line.subarray(from));
    }
    this.#bytes += line.length;
  }

  #empty(): void {
    this.#file.truncateSync(0);
    this.#file.seekSync(0, Deno.SeekMode.Start);
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
    this.#file.close();
  }
}
