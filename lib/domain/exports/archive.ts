/**
 * An archive that is written as it comes: tar, compressed by gzip. It needs the memory of a few
 * pieces, however large it becomes.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createTarPacker } from "modern-tar";

/** A file that was written, and how to check it. */
export interface Written {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** The ending of an archive that is not complete. */
const PART = ".part";

/** An archive that is being written. Dispose of it: an archive that was not finished is removed. */
export class Archive implements AsyncDisposable {
  readonly #path: string;
  readonly #part: string;
  readonly #file: FileHandle;
  readonly #signal: AbortSignal;
  readonly #hash: Hash = createHash("sha256");
  readonly #packer = createTarPacker();
  readonly #piped: Promise<void>;
  #bytes = 0;
  #isFinished = false;
  /** Why the archive cannot be written. */
  #failure: { readonly error: unknown } | undefined;
  #onFailure: (error: unknown) => void = () => {};

  private constructor(path: string, part: string, file: FileHandle, signal: AbortSignal) {
    this.#path = path;
    this.#part = part;
    this.#file = file;
    this.#signal = signal;
    const sink = new WritableStream<Uint8Array>({ write: (chunk) => this.#write(chunk) });
    this.#piped = this.#packer.readable
      .pipeThrough(new CompressionStream("gzip") as TransformStream<Uint8Array, Uint8Array>)
      .pipeTo(sink);
    this.#piped.catch((error) => {
      this.#failure = { error };
      this.#onFailure(error);
    });
  }

  /**
   * Begins an archive, in a file of its own beside `path`. Those of other runs are removed: a run that
   * goes on although another has taken its place cannot complete its archive any more.
   *
   * @param path Where it will be; its folder exists.
   * @param signal Ends the writing of a file that is added, at its next piece.
   * @param run What no other run has, in the name of the file.
   */
  static async create(path: string, signal: AbortSignal, run: string): Promise<Archive> {
    const part = `${path}.${run}${PART}`;
    await removeOtherParts(path, part);
    return new Archive(path, part, await open(part, "w"), signal);
  }

  /**
   * Adds a file.
   *
   * @param name Its path in the archive.
   * @param size Its bytes, which `contents` must have.
   * @throws {Error} When `contents` has more or fewer bytes, or the archive cannot be written.
   * @throws The reason of the signal.
   */
  async add(name: string, size: number, contents: AsyncIterable<Uint8Array>): Promise<Written> {
    const hash = createHash("sha256");
    const writer = this.#packer.controller.add({ name, size, mtime: new Date(0) }).getWriter();
    writer.closed.catch(() => {});
    let bytes = 0;
    for await (const piece of contents) {
      this.#signal.throwIfAborted();
      bytes += piece.length;
      if (bytes > size) break;
      hash.update(piece);
      await this.#unlessFailed(writer.write(piece));
    }
    if (bytes !== size) throw new Error(`${name} has changed while it was read`);
    await this.#unlessFailed(writer.close());
    return { bytes, sha256: hash.digest("hex") };
  }

  /**
   * Completes the archive: it is at its path from now on, and whole.
   *
   * @throws {Error} When the archive cannot be written, or another run has taken its place.
   */
  async finish(): Promise<Written> {
    this.#packer.controller.finalize();
    await this.#piped;
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#part, this.#path);
    this.#isFinished = true;
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  /** Removes what was written of an archive that is not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isFinished) return;
    this.#packer.controller.error(new Error("The archive was given up"));
    await this.#piped.catch(() => {});
    await this.#file.close().catch(() => {});
    await rm(this.#part, { force: true });
  }

  async #write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    for (let at = 0; at < chunk.length;) {
      at += (await this.#file.write(chunk, at, chunk.length - at)).bytesWritten;
    }
  }

  /** Rejects a write whose bytes nobody takes any more, as it would wait for ever. */
  async #unlessFailed(done: Promise<void>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onFailure = reject;
      done.then(resolve, reject);
      if (this.#failure) reject(this.#failure.error);
    });
  }
}

/** Removes what other runs have written of an archive. */
async function removeOtherParts(path: string, part: string): Promise<void> {
  const [folder, start] = [dirname(path), `${basename(path)}.`];
  for (const name of await readdir(folder)) {
    const isPart = name.startsWith(start) && name.endsWith(PART) && name !== basename(part);
    if (isPart) await rm(join(folder, name), { force: true });
  }
}
