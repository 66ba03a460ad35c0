/**
 * Makes the archive of a realm's export, in a thread of its own.
 *
 * @module
 */

import { Fail, type InnerFunction } from "process-queue/worker";
import { openDatabase } from "../lib/domain/database/database.ts";
import { spoolFolder } from "../lib/domain/exports/export_job.ts";
import {
  type ExportArgs,
  type ExportProgress,
  exportRealm,
} from "../lib/domain/exports/export_realm.ts";
import { ExportRefused } from "../lib/domain/exports/states.ts";

/** How often the log says how far it is, in ms. */
const LOG_MS = 60_000;

const run: InnerFunction = async (input, { config, signal, log, progress: report }) => {
  const { args } = input as { readonly args: ExportArgs };
  const { uploads: { localDir }, stateDir, databaseUrl } = config;
  if (localDir === undefined) throw new Error("LOCAL_UPLOADS_DIR is not set");
  await using db = await openDatabase(databaseUrl);
  let loggedAt = Date.now();
  const progress = (value: ExportProgress) => {
    report(value);
    if (Date.now() - loggedAt < LOG_MS) return;
    loggedAt = Date.now();
    log.info("The export {exportId} goes on: {at}", {
      exportId: args.exportId,
      at: JSON.stringify(value),
    });
  };
  const spoolDir = spoolFolder(stateDir, args.exportId);
  try {
    return await exportRealm(db, args, { uploadsDir: localDir, spoolDir, signal, progress });
  } catch (error) {
    throw error instanceof ExportRefused ? new Fail(error.message, { cause: error }) : error;
  }
};

export default run;
