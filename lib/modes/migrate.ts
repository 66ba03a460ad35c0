/**
 * `process-queue migrate`: makes the tables in the database of `DATABASE_URL`.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { migrateDatabase } from "../domain/database/database.ts";
import { printError } from "../system/standard_streams.ts";

/**
 * Applies the migrations that the database lacks, and prints their names to stdout, or
 * `nothing to do`.
 *
 * @returns The exit code: 0, or 1 after an error, whose message goes to stderr.
 */
export async function runMigrate(config: Pick<Config, "databaseUrl">): Promise<number> {
  try {
    const applied = await migrateDatabase(config.databaseUrl);
    const lines = applied.map((name) => `applied ${name}`);
    console.log(lines.join("\n") || "nothing to do");
    return 0;
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
