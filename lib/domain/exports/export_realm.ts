/**
 * Makes the archive of an export.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sql } from "kysely";
import { VERSION } from "../../system/version.ts";
import type { Database } from "../database/tables.ts";
import { Archive, type Written } from "./archive.ts";
import { EXPORTED, type ExportedTable } from "./exported_tables.ts";
import { type FileCounts, packFiles } from "./files.ts";
import { exportPath } from "./paths.ts";
import { EXPORT_TYPES, Scope } from "./scope.ts";
import { Spool } from "./spool.ts";
import { beginExport, type BegunExport, type MadeExport } from "./states.ts";
import { rowPages } from "./table_rows.ts";

/** The arguments of the job of an export. */
export interface ExportArgs {
  /** The id of the `zerver_realmexport`. */
  readonly exportId: number;
  /** What nobody can guess in the archive's address. */
  readonly token: string;
}

/** How far an export is. */
export type ExportProgress =
  | { readonly table: string; readonly rows: number }
  | ({ readonly step: "files" } & FileCounts);

/** What making an archive needs. */
export interface ExportSetup {
  /** Zulip's LOCAL_UPLOADS_DIR. */
  readonly uploadsDir: string;
  /** A folder of this export, for the part that is being made. */
  readonly spoolDir: string;
  /** Ends the work at its next step. */
  readonly signal: AbortSignal;
  /** Gets how far it is, now and then. */
  readonly progress: (value: ExportProgress) => void;
  /** What no other run has: it names the unfinished archive. @default {a random UUID} */
  readonly run?: string;
  /** ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** The name of the archive's format, in its manifest. */
const FORMAT = "process-queue-export";
const FORMAT_VERSION = 1;

/**
 * Makes the archive of an export, in the folder from which a Zulip server serves it. An archive that
 * an earlier run has made, or was making, is replaced.
 *
 * @throws {ExportRefused} When the export is over, or was deleted.
 * @throws {DatabaseError} When the database is lost.
 * @throws {Error} When the folder of uploads is not there, or the archive cannot be written.
 * @throws The reason of the signal.
 */
export async function exportRealm(
  db: Database,
  { exportId, token }: ExportArgs,
  { now = Date.now, run = randomUUID(), ...setup }: ExportSetup,
): Promise<MadeExport> {
  const began = new Date(now());
  const begun = await beginExport(db, exportId, began);
  const { url, file } = exportPath(begun, token);
  const path = join(setup.uploadsDir, file);
  await mkdir(dirname(path), { recursive: true });
  await using spool = await Spool.open(setup.spoolDir);
  await using archive = await Archive.create(path, setup.signal, run);
  const scope = new Scope(begun.realm.id, EXPORT_TYPES[begun.type] ?? "public");
  const packing = { db, scope, archive, spool, ...setup };
  const tables: TableEntry[] = [];
  for (const table of EXPORTED) tables.push(await packTable(packing, table));
  const systemBots = await packSystemBots(packing);
  const counts = await packFiles({
    ...packing,
    onFiles: (counts) => setup.progress({ step: "files", ...counts }),
  });
  const list = await spool.moveTo(archive, "files.jsonl");
  const manifest = { ...headOf(begun, began), tables, system_bots: systemBots };
  const files = { ...counts, list: { file: "files.jsonl", ...list } };
  const ended = new Date(now());
  await spool.append(`${JSON.stringify({ ...manifest, files, ended }, undefined, 2)}\n`);
  await spool.moveTo(archive, "manifest.json");
  const stats = statsOf(tables, counts);
  return { ...await archive.finish(), realmId: begun.realm.id, path: url, stats };
}

/** A table, in the manifest. */
interface TableEntry extends Written {
  readonly table: string;
  readonly file: string;
  readonly rows: number;
}

interface Packing extends Omit<ExportSetup, "now" | "run"> {
  readonly db: Database;
  readonly scope: Scope;
  readonly archive: Archive;
  readonly spool: Spool;
}

async function packTable(
  { db, scope, archive, spool, signal, progress }: Packing,
  table: ExportedTable,
): Promise<TableEntry> {
  const file = `tables/${table.name}.jsonl`;
  let rows = 0;
  for await (const { text, count } of rowPages(db, table, scope)) {
    signal.throwIfAborted();
    await spool.append(text);
    rows += count;
    progress({ table: table.name, rows });
  }
  signal.throwIfAborted();
  return { table: table.name, file, rows, ...await spool.moveTo(archive, file) };
}

/** Who of the system's realm has written messages of this one. */
async function packSystemBots({ db, scope, archive, spool }: Packing): Promise<TableEntry> {
  const file = "tables/system_bots.jsonl";
  const { rows } = await sql<Record<string, unknown>>`
    select id, full_name, email from zerver_userprofile
    where realm_id <> ${scope.realm} and exists (select 1 from zerver_message m
      where m.sender_id = zerver_userprofile.id and ${scope.message("m")})
    order by id`.execute(db);
  for (const row of rows) await spool.append(`${JSON.stringify(row)}\n`);
  return {
    table: "zerver_userprofile",
    file,
    rows: rows.length,
    ...await spool.moveTo(archive, file),
  };
}

function headOf({ exportId, type, realm }: BegunExport, began: Date) {
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    program: `process-queue ${VERSION}`,
    export: { id: exportId, type: EXPORT_TYPES[type] },
    realm,
    began,
  };
}

function statsOf(
  tables: readonly TableEntry[],
  { files, missing }: FileCounts,
): MadeExport["stats"] {
  const rows = Object.fromEntries(tables.map(({ table, rows }) => [table, rows]));
  return { tables: rows, files, missing_files: missing };
}
