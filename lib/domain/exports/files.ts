/**
 * The uploaded files of an export.
 *
 * @module
 */

import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { sql } from "kysely";
import { toJson } from "../../json/to_json.ts";
import type { Database } from "../database/tables.ts";
import { isPlainPath } from "../uploads/uploads.ts";
import type { Archive } from "./archive.ts";
import { EXPORTED } from "./exported_tables.ts";
import type { Scope } from "./scope.ts";
import { contentsOf, type Spool } from "./spool.ts";

const PAGE = 500;
/** The folder of LOCAL_UPLOADS_DIR that has what users upload. */
const FILES = "files";

/** How many files an export has. */
export interface FileCounts {
  /** In the archive. */
  readonly files: number;
  /** Named by the database, and not there. */
  readonly missing: number;
}

/** What packing files needs. */
export interface FilePacking {
  readonly db: Database;
  readonly scope: Scope;
  readonly archive: Archive;
  /** Gets the list of the files: a line of JSON each. */
  readonly spool: Spool;
  /** Zulip's LOCAL_UPLOADS_DIR. */
  readonly uploadsDir: string;
  readonly signal: AbortSignal;
  /** Called after some files. */
  onFiles(counts: FileCounts): void;
}

/**
 * Adds the files of an export, as `files/<path_id>`, and lists them with their checksums.
 *
 * @throws {DatabaseError} When the database is lost.
 * @throws {Error} When there are files, and their folder is not there.
 * @throws The reason of the signal.
 */
export async function packFiles(packing: FilePacking): Promise<FileCounts> {
  const { db, scope, signal, spool, onFiles } = packing;
  let [after, files, missing] = [-1, 0, 0];
  for (;;) {
    const page = await attachmentsAfter(db, scope, after);
    for (const row of page) {
      signal.throwIfAborted();
      const file = await packFile(packing, row.path_id);
      if (file === undefined) missing++;
      else files++;
      const { id: attachment_id, path_id } = row;
      await spool.append(`${toJson({ attachment_id, path_id, ...file ?? { missing: true } })}\n`);
    }
    onFiles({ files, missing });
    if (page.length < PAGE) return { files, missing };
    after = page.at(-1)?.id ?? after;
  }
}

interface Attachment {
  readonly id: number;
  readonly path_id: string;
}

async function attachmentsAfter(db: Database, scope: Scope, after: number): Promise<Attachment[]> {
  const where = EXPORTED.find(({ name }) => name === "zerver_attachment")?.rows(scope);
  const { rows } = await sql<Attachment>`select id, path_id from zerver_attachment
    where zerver_attachment.id > ${sql.lit(after)} and ${where}
    order by zerver_attachment.id limit ${sql.lit(PAGE)}`.execute(db);
  return rows;
}

/** Adds one file. @returns `undefined` if it is not there, or lies outside of the folder. */
async function packFile({ archive, uploadsDir }: FilePacking, pathId: string) {
  // Who unpacks the archive must not get files elsewhere.
  if (!isPlainPath(pathId)) return undefined;
  const root = await realRoot(uploadsDir);
  const path = await realPathIn(root, pathId);
  if (path === undefined) return undefined;
  const { size } = await stat(path);
  return await archive.add(`${FILES}/${pathId}`, size, contentsOf(path));
}

/** Where its disk is not mounted, the archive would have none of the files. */
async function realRoot(uploadsDir: string): Promise<string> {
  const root = join(uploadsDir, FILES);
  try {
    return await realpath(root);
  } catch (cause) {
    const { code = String(cause) } = cause as { readonly code?: string };
    const message =
      `There are uploaded files, and their folder ${root} cannot be read (${code}): ` +
      "is the disk of LOCAL_UPLOADS_DIR mounted?";
    throw new Error(message, { cause });
  }
}

async function realPathIn(root: string, pathId: string): Promise<string | undefined> {
  try {
    const path = await realpath(join(root, pathId));
    return path.startsWith(root + sep) && (await stat(path)).isFile() ? path : undefined;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}
