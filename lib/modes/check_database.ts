/**
 * The check of the database by `check-config`.
 *
 * @module
 */

import { closeSync, existsSync, openSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { type Problem, sentence } from "../config/problem.ts";
import { describeDatabase, isSqlite } from "../domain/database/address.ts";
import { visible } from "../errors/visible.ts";
import { fine, type Found } from "../operations/doctor/finding.ts";
import { writableProblem } from "./folders.ts";
import { CHOWN, foreignOf } from "./owners.ts";
import type { Services } from "./services.ts";

/**
 * Opens the database and changes nothing in it.
 *
 * @returns That all is well, and which migrations a SQLite database lacks.
 * @throws {Error} Why it cannot be used.
 */
export async function checkDatabase(
  config: Config,
  services: Pick<Services, "tryDatabase">,
): Promise<Found[]> {
  const problem = databaseFileProblem(config);
  if (problem) throw new Error(sentence(problem));
  const pending = await services.tryDatabase(config);
  if (pending.length === 0) return [fine()];
  return [
    fine(`the next run migrates it: ${pending.join(", ")}`, { fix: "process-queue migrate" }),
  ];
}

/** The endings of the files that SQLite keeps for one database. */
const ENDINGS = ["", "-wal", "-shm"];

/**
 * The problem with the files of a SQLite database that this user cannot write, and with a folder in
 * which it cannot be made. The files in `STATE_DIR` have a check of their own.
 *
 * @param uid The user. @default {the one who runs this}
 */
export function databaseFileProblem(
  { databaseUrl, stateDir }: Pick<Config, "databaseUrl" | "stateDir">,
  uid: number | null = Deno.uid(),
): Problem | undefined {
  if (!isSqlite(databaseUrl)) return undefined;
  const path = describeDatabase(databaseUrl);
  if (path === ":memory:" || dirname(path) === resolve(stateDir)) return undefined;
  const setting = "DATABASE_URL";
  const folder = dirname(path);
  const problem = writableProblem(setting, folder, { mayBeMade: false });
  if (problem) return problem;
  const foreign = foreignOf(folder, ENDINGS.map((ending) => basename(path) + ending), uid);
  if (foreign.length > 0) {
    const named = foreign.map(visible).join(", ");
    return { setting, wrong: `files in ${folder} belong to another user: ${named}`, fix: CHOWN };
  }
  if (isWritable(path)) return undefined;
  return { setting, wrong: `the file ${path} cannot be written`, fix: "let this user write it" };
}

/** Whether a file can be written, or does not exist. */
function isWritable(path: string): boolean {
  if (!existsSync(path)) return true;
  try {
    closeSync(openSync(path, "r+"));
    return true;
  } catch {
    return false;
  }
}
