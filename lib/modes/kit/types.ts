/**
 * `process-queue types`: writes the modules that workers import into their folder, so that Deno and
 * editors know them.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { TypesCommand } from "../../command_line/command.ts";
import type { Services } from "../services.ts";
import { importsOf, type Kit, KIT_FOLDER, loadKit, missingImports, writeKit } from "./kit.ts";
import { denoJson } from "./templates.ts";

/**
 * Writes them, and `deno.json` where there is none. One that is there stays as it is.
 *
 * @param load Gives the modules.
 * @returns The exit code 0.
 * @throws {KitError} When the modules cannot be made, or `deno.json` cannot be read.
 */
export async function runTypes(
  { folder }: Pick<TypesCommand, "folder">,
  services: Pick<Services, "print">,
  load: () => Promise<Kit> = loadKit,
): Promise<number> {
  const dir = resolve(folder);
  const kit = await load();
  const imports = importsOf(kit);
  const missing = missingImports(dir, imports);
  mkdirSync(dir, { recursive: true });
  writeKit(kit, dir);
  services.print(`wrote the modules of workers to ${join(dir, KIT_FOLDER)}`);
  const file = join(dir, "deno.json");
  if (Object.keys(missing).length === Object.keys(imports).length && write(file, imports)) {
    services.print(`wrote ${file}, which names them`);
  } else if (Object.keys(missing).length > 0) {
    services.print(`Add these lines to "imports" in ${file}:`);
    for (const [name, to] of Object.entries(missing)) services.print(`  "${name}": "${to}",`);
  }
  return 0;
}

/** @returns Whether it was written: a file that is there stays. */
function write(file: string, imports: Readonly<Record<string, string>>): boolean {
  try {
    writeFileSync(file, denoJson(imports), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "EEXIST") return false;
    throw error;
  }
}
