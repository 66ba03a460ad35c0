/**
 * Workers that must not run on the database of a Zulip server.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Database } from "../../domain/database/database.ts";
import type { Worker } from "../../worker.ts";

/**
 * Whether a worker must not run, as the database is a Zulip server's. While the database cannot be
 * reached that is not known: then {@linkcode ownDatabase} refuses it when it is opened.
 */
export async function isMisplaced(worker: Worker, config: Config): Promise<boolean> {
  if (!isForOwnOnly(worker, config)) return false;
  const { databaseUrl } = config;
  const { isZulipServers } = await import("../../domain/database/database.ts");
  return await isZulipServers(databaseUrl).catch(() => false);
}

/**
 * The database, unless the worker must not run on it.
 *
 * @throws {DatabaseError} Where it is a Zulip server's, and the worker is not for those.
 */
export async function ownDatabase(
  worker: Worker,
  config: Config,
  db: Database,
): Promise<Database> {
  if (!isForOwnOnly(worker, config)) return db;
  const { queue } = worker;
  const { refuseZulipServers } = await import("../../domain/database/database.ts");
  await refuseZulipServers(
    db,
    `the worker of ${queue} is only for a database of this program's own, so leave this queue to ` +
      "manage.py",
  );
  return db;
}

function isForOwnOnly({ ownDatabaseOnly = false }: Worker, config: Config): boolean {
  return typeof ownDatabaseOnly === "function" ? ownDatabaseOnly(config) : ownDatabaseOnly;
}
