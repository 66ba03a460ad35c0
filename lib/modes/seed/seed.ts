/**
 * `process-queue seed`: fills a database of the program's own with two small organizations, to try
 * workers with.
 *
 * @module
 */

import { resolve } from "node:path";
import type { SeedCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { describeDatabase } from "../../domain/database/address.ts";
import { connectDatabase, migrateDatabase, openDatabase } from "../../domain/database/database.ts";
import { shapeOf } from "../../domain/database/shape.ts";
import { counted } from "../../errors/counted.ts";
import type { Services } from "../services.ts";
import { envText } from "./env_file.ts";
import { insertSeed, type Occupied, type Seeded } from "./insert.ts";
import { seedUploads, writePictures } from "./pictures.ts";

type Settings = Pick<Config, "databaseUrl" | "stateDir">;

/**
 * Makes the tables that the database lacks, fills them all or not at all, and writes the settings
 * file that the command asks for, with the files of pictures. Prints what was made and what to do next.
 *
 * @param now The end of what has happened, in ms since 1970.
 * @returns The exit code: 0, or 1 after an error, whose message goes to stderr.
 */
export async function runSeed(
  command: Pick<SeedCommand, "envFile">,
  config: Settings,
  services: Pick<Services, "print" | "warn">,
  now: number = Date.now(),
): Promise<number> {
  const { envFile } = command;
  let isWritten = false;
  try {
    if (envFile !== undefined) writeSettings(envFile, envText(config));
    isWritten = envFile !== undefined;
    const uploads = envFile === undefined ? undefined : seedUploads(resolve(config.stateDir));
    const seeded = await fill(config.databaseUrl, new Date(now), uploads);
    // The database that was filled needs the file, also where nobody reads the report.
    isWritten = false;
    for (const line of report(seeded, config, envFile)) services.print(line);
    return 0;
  } catch (error) {
    if (isWritten && envFile !== undefined) Deno.removeSync(envFile);
    services.warn(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

/** @param uploads Where the files of pictures are written; `undefined`: nowhere. */
async function fill(url: string, now: Date, uploads: string | undefined): Promise<Seeded> {
  await refuseZulip(url);
  await migrateDatabase(url);
  const db = await openDatabase(url);
  try {
    const result = await insertSeed(db, now, (rows) => {
      if (uploads !== undefined) writePictures(uploads, rows);
    });
    if ("users" in result) throw new Error(occupiedMessage(url, result));
    return result;
  } finally {
    await db.destroy();
  }
}

/** The advice of both refusals. */
const ANOTHER = "set DATABASE_URL to another database, such as sqlite:./seed.sqlite";

async function refuseZulip(url: string): Promise<void> {
  const db = await connectDatabase(url);
  try {
    if ((await shapeOf(db)).kind === "own") return;
  } finally {
    await db.destroy();
  }
  throw new Error(
    `The database ${
      describeDatabase(url)
    } is a Zulip server's, and seed fills only a database of ` +
      `the program's own: ${ANOTHER}.`,
  );
}

function occupiedMessage(url: string, { users, realms }: Occupied): string {
  const has = users > 0 ? counted(users, "user") : counted(realms, "organization");
  return `The database ${describeDatabase(url)} has ${has} already, and seed fills only an empty ` +
    `one: ${ANOTHER}. Nothing was changed.`;
}

/** @throws {Error} When the file exists or cannot be made. */
function writeSettings(path: string, text: string): void {
  try {
    Deno.writeTextFileSync(path, text, { createNew: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Error(
        `The file ${path} exists, and seed overwrites none: name another one, or remove it. The ` +
          "database was not changed.",
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The file ${path} cannot be made (${why}): name one in a folder that you may write. The ` +
        "database was not changed.",
    );
  }
}

function report({ counts, user }: Seeded, { databaseUrl }: Settings, file?: string): string[] {
  const count = (table: Parameters<Seeded["counts"]["get"]>[0], name: string) =>
    counted(counts.get(table) ?? 0, name);
  const activity = { user_profile_id: user.id, client_id: 1, query: "seed", time: 1_700_000_000 };
  return [
    `Filled the database ${describeDatabase(databaseUrl)}: ` + [
      count("zerver_realm", "organization"),
      count("zerver_userprofile", "user"),
      count("zerver_stream", "channel"),
      count("zerver_message", "message"),
    ].join(", "),
    ...file === undefined ? [] : [settingsLine(file)],
    "",
    `Try it with ${user.name}, whose id is ${user.id}:`,
    `  process-queue publish user_activity '${JSON.stringify(activity)}'`,
    "  process-queue --queue_name user_activity --drain",
    "docs/trying-workers.md, in the source of the program, says how to try mails, pushes and webhooks.",
  ];
}

function settingsLine(file: string): string {
  const use = file === ".env"
    ? "commands in this folder use it"
    : "named .env, commands in its folder use it";
  return `Wrote settings for all workers to ${file}: ${use}`;
}
