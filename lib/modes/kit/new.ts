/**
 * `process-queue new`: a folder with a worker, its test, and all that Deno and editors need there.
 *
 * @module
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { NewCommand } from "../../command_line/command.ts";
import { UsageError } from "../../errors/usage_error.ts";
import type { Services } from "../services.ts";
import { importsOf, type Kit, loadKit, writeKit } from "./kit.ts";
import { denoJson, GITIGNORE, readme, TEST, WORKER } from "./templates.ts";

/**
 * Makes the folder, or fills one that has none of its files.
 *
 * @param load Gives the modules that workers import.
 * @returns The exit code 0.
 * @throws {UsageError} When one of the files is there already; nothing is written then.
 * @throws {KitError} When the modules cannot be made.
 */
export async function runNew(
  { folder }: Pick<NewCommand, "folder">,
  services: Pick<Services, "print">,
  load: () => Promise<Kit> = loadKit,
): Promise<number> {
  const dir = resolve(folder);
  const names = ["greetings.ts", "greetings_test.ts", "deno.json", ".gitignore", "README.md"];
  const there = names.find((name) => existsSync(join(dir, name)));
  if (there !== undefined) {
    throw new UsageError(
      `${join(dir, there)} is there already: name another folder, or write only the modules of ` +
        `workers by process-queue types ${folder}`,
    );
  }
  const kit = await load();
  mkdirSync(dir, { recursive: true });
  writeKit(kit, dir);
  const texts = [WORKER, TEST, denoJson(importsOf(kit)), GITIGNORE, readme(basename(dir))];
  names.forEach((name, index) => {
    writeFileSync(join(dir, name), texts[index] ?? "", { flag: "wx" });
  });
  services.print(`made ${dir} with the worker of the queue greetings. Next:`);
  services.print(`  (cd ${folder} && deno task test)`);
  services.print(`  process-queue --queue_name greetings --workers-dir ${folder}`);
  return 0;
}
