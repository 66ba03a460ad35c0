/**
 * Uploaded files in a folder of the host, laid out as on a Zulip server: `LOCAL_UPLOADS_DIR`.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { access, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Below the folder. */
const FILES = "files";
/** Below the files. */
const THUMBNAILS = "thumbnail";
/** What is being written; beside what it becomes, so that it is on the same disk. */
const UNFINISHED = ".unfinished";
/** What is unfinished for so long was left by a process that was killed, in ms. */
const LEFT_MS = 3_600_000;

/** Errors of the system that all files of a folder share. */
const OF_ALL: ReadonlySet<unknown> = new Set(
  "EACCES EPERM EROFS ENOSPC EDQUOT EIO ESTALE EMFILE ENFILE ENOTCONN".split(" "),
);

/** The folder cannot be used now. The cause is the system's error. */
export class UploadsUnavailable extends Error {
  /** Always `UploadsUnavailable`. */
  override readonly name = "UploadsUnavailable";
}

/** A file is not there, or cannot be read. */
export class UploadMissing extends Error {
  /** Always `UploadMissing`. */
  override readonly name = "UploadMissing";
}

/** Whether a `path_id` is a path below its folder, in its only spelling. */
export function isPlainPath(path: string): boolean {
  const isWrong = path.split("/").some((part) => ["", ".", ".."].includes(part));
  return !isWrong && !path.includes("\0");
}

/** The uploaded files. */
export class Uploads {
  readonly #folder: string;
  readonly #root: string;

  /** @param folder Zulip's `LOCAL_UPLOADS_DIR`. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#root = join(folder, FILES);
  }

  /**
   * Reads a file.
   *
   * @param path Its `path_id`.
   * @returns `undefined` where it has more than `mostBytes`.
   * @throws {UploadMissing} When it is not there, though the folder is.
   * @throws {RangeError} When the path leads out of the folder.
   * @throws {UploadsUnavailable} When the folder cannot be used now.
   */
  async read(path: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const source = this.#path(path);
    try {
      await using file = await open(source, "r");
      const { size } = await file.stat();
      return size > mostBytes ? undefined : new Uint8Array(await file.readFile());
    } catch (error) {
      await this.#requireFolder();
      throw new UploadMissing(
        `An uploaded file cannot be read from ${this.#root} (${reasonOf(error)}): put it back ` +
          "there, or set LOCAL_UPLOADS_DIR to the folder of the uploads",
        { cause: error },
      );
    }
  }

  /**
   * Stores a thumbnail of a picture, in place of one that is there. Nobody ever reads a part of it.
   *
   * @param path The `path_id` of the picture.
   * @param name The name of the thumbnail's file.
   * @throws {UploadsUnavailable} When the folder cannot be used now.
   */
  async storeThumbnail(path: string, name: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.#thumbnails(path), name);
    try {
      await writeWhole(join(this.#root, THUMBNAILS, UNFINISHED), target, bytes);
    } catch (error) {
      throw OF_ALL.has(codeOf(error)) ? this.#unavailable(error) : error;
    }
  }

  /**
   * Stores a file, in place of one that is there. Nobody ever reads a part of it.
   *
   * @param path Its `path_id`.
   * @throws {UploadsUnavailable} When it cannot be stored.
   */
  async storeFile(path: string, bytes: Uint8Array): Promise<void> {
    const target = this.#path(path);
    try {
      await writeWhole(join(this.#root, UNFINISHED), target, bytes);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /**
   * Removes a file with its folder, which is its own. What cannot be removed stays.
   *
   * @param path The `path_id` of the file.
   */
  async removeFile(path: string): Promise<void> {
    await rm(dirname(this.#path(path)), { recursive: true, force: true }).catch(() => {});
  }

  /**
   * Removes thumbnails of a picture that is gone.
   *
   * @param path The `path_id` of the picture.
   * @param names The names of the thumbnails' files.
   */
  async removeThumbnails(path: string, names: readonly string[]): Promise<void> {
    for (const name of names) await rm(join(this.#thumbnails(path), name), { force: true });
  }

  /**
   * Removes what processes left that were killed while they stored something, where that can be
   * removed.
   *
   * @param now ms since 1970.
   */
  async removeUnfinished(now: number): Promise<void> {
    for (const folder of [join(this.#root, UNFINISHED), join(this.#root, THUMBNAILS, UNFINISHED)]) {
      for (const name of await readdir(folder).catch(() => [])) {
        const file = join(folder, name);
        const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: now }));
        if (mtimeMs < now - LEFT_MS) await rm(file, { force: true }).catch(() => {});
      }
    }
  }

  #thumbnails(path: string): string {
    this.#path(path);
    return this.#path(`${THUMBNAILS}/${path}`);
  }

  /** @throws {RangeError} When a `path_id` leads out of the folder. */
  #path(path: string): string {
    if (isPlainPath(path)) return join(this.#root, path);
    throw new RangeError(`A path_id leads out of the folder ${this.#root}: correct its row`);
  }

  /** @throws {UploadsUnavailable} When the folder is not there, or cannot be read. */
  async #requireFolder(): Promise<void> {
    try {
      await readdir(this.#folder);
      await access(this.#root);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable(cause: unknown): UploadsUnavailable {
    const message = `LOCAL_UPLOADS_DIR, ${this.#folder}, cannot be used (${reasonOf(cause)}): ` +
      "make it a folder that this program may read and write, with space on its disk";
    return new UploadsUnavailable(message, { cause });
  }
}

async function writeWhole(folder: string, target: string, bytes: Uint8Array): Promise<void> {
  const unfinished = join(folder, randomUUID());
  try {
    await mkdir(folder, { recursive: true });
    await mkdir(dirname(target), { recursive: true });
    await write(unfinished, bytes);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "wx", 0o644);
  await file.writeFile(bytes);
  await file.sync();
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as { readonly code?: unknown }).code : undefined;
}

/** The system's words without the path. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return typeof code === "string" ? code : String(error);
}
