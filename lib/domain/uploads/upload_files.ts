/**
 * The folder of uploads, as a Zulip server has it: LOCAL_UPLOADS_DIR.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Upload } from "./upload.ts";

/** The files cannot be stored; the message says where. The cause is the system's error. */
export class UploadsError extends Error {
  /** Always `UploadsError`. */
  override readonly name = "UploadsError";
}

/**
 * Stores files. Nobody ever sees a part of one. One that is there already is replaced.
 *
 * @param folder LOCAL_UPLOADS_DIR.
 * @throws {UploadsError} When the folder cannot be written, or is full.
 */
export async function storeFiles(folder: string, uploads: readonly Upload[]): Promise<void> {
  for (const { pathId, bytes } of uploads) {
    const path = join(folder, "files", pathId);
    const unfinished = `${dirname(path)}.${randomUUID()}`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(unfinished, bytes);
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      throw uploadsError(folder, error);
    }
  }
}

/** Removes files, whose message was refused. What cannot be removed stays. */
export async function removeFiles(folder: string, uploads: readonly Upload[]): Promise<void> {
  for (const { pathId } of uploads) {
    const path = dirname(join(folder, "files", pathId));
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "wx");
  await file.writeFile(bytes);
  await file.sync();
}

function uploadsError(folder: string, cause: unknown): UploadsError {
  const { code = String(cause) } = cause as { readonly code?: string };
  return new UploadsError(
    `A file cannot be stored in LOCAL_UPLOADS_DIR, ${folder} (${code}): make it a folder that this ` +
      "program may write, with space on its disk",
    { cause },
  );
}
