/**
 * `process-queue migrate`: makes the tables in the database of `DATABASE_URL`.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { describeDatabase } from "../domain/database/address.ts";
import { type Migrated, migrateDatabase } from "../domain/database/database.ts";
import { printError } from "../system/standard_streams.ts";

/** The most tables that are named, rather than counted. */
const NAMED_TABLES = 5;

/**
 * Applies the migrations that the database lacks, and prints to stdout which kind of database it is
 * and what was made, or `nothing to do`.
 *
 * @returns The exit code: 0, or 1 after an error, whose message goes to stderr.
 */
export async function runMigrate(config: Pick<Config, "databaseUrl">): Promise<number> {
  try {
    const migrated = await migrateDatabase(config.databaseUrl);
    console.log(describe(migrated, describeDatabase(config.databaseUrl)).join("\n"));
    return 0;
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** One line for the kind of the database, and one for each migration. */
function describe({ kind, applied, made }: Migrated, where: string): string[] {
  const what = kind === "zulip"
    ? `The database ${where} is a Zulip server's: only tables named process_queue_* are made in it`
    : `The database ${where} is the program's own`;
  if (applied.length === 0) return [what, "nothing to do"];
  const tables = made.length > NAMED_TABLES ? `${made.length} tables` : made.join(", ");
  return [what, ...applied.map((name) => `applied ${name}`), `made ${tables || "no table"}`];
}
