/**
 * Makes the archive of a realm's export, in a thread of its own.
 *
 * @module
 */

import { Fail, type InnerFunction } from "process-queue/worker";
import { openDatabase } from "../lib/domain/database/database.ts";
import { spoolFolder } from "../lib/domain/exports/export_job.ts";
import { type ExportArgs, exportRealm } from "../lib/domain/exports/export_realm.ts";
import { ExportRefused } from "../lib/domain/exports/states.ts";

const run: InnerFunction = async (input, { config, signal, progress }) => {
  const { args } = input as { readonly args: ExportArgs };
  const { uploads: { localDir }, stateDir, databaseUrl } = config;
  if (localDir === undefined) throw new Error("LOCAL_UPLOADS_DIR is not set");
  await using db = await openDatabase(databaseUrl);
  const spoolDir = spoolFolder(stateDir, args.exportId);
  try {
    return await exportRealm(db, args, { uploadsDir: localDir, spoolDir, signal, progress });
  } catch (error) {
    throw error instanceof ExportRefused ? new Fail(error.message, { cause: error }) : error;
  }
};

export default run;
