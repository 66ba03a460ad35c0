/**
 * The kit: the modules that workers, tests and publishers import, with their declarations, for a
 * folder outside of the program.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { programFile } from "../../system/program_files.ts";
import { VERSION } from "../../system/version.ts";

/** The folder of the kit within a folder of workers. */
export const KIT_FOLDER = ".process-queue";

/** The kit, as `scripts/kit.ts` makes it. */
export interface Kit {
  /** The import map of a folder, relative to the folder of the kit's files. */
  readonly imports: Readonly<Record<string, string>>;
  /** The texts of its files by their paths. */
  readonly files: Readonly<Record<string, string>>;
}

/** The kit could not be made; the message says why. */
export class KitError extends Error {
  override readonly name = "KitError";
}

/**
 * The kit of this program. The binary has it; from the source it is made, which takes some seconds.
 *
 * @throws {KitError} When it cannot be made.
 */
export async function loadKit(): Promise<Kit> {
  const file = fileURLToPath(programFile(Deno.build.standalone ? "kit.gz" : "dist/kit.gz"));
  if (!Deno.build.standalone) await makeKit(file);
  return JSON.parse(gunzipSync(readFileSync(file)).toString());
}

async function makeKit(file: string): Promise<void> {
  const script = fileURLToPath(programFile("scripts/kit.ts"));
  const args = ["run", "-A", "--no-lock", script, file];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (success) return;
  const why = new TextDecoder().decode(stderr).trim();
  throw new KitError(`The modules for workers could not be made by scripts/kit.ts:\n${why}`);
}

/** Writes the kit into a folder, in place of the one that is there. */
export function writeKit({ files }: Kit, folder: string): void {
  const kit = join(folder, KIT_FOLDER);
  rmSync(kit, { recursive: true, force: true });
  for (const [path, text] of Object.entries({ ...files, ".gitignore": "*\n", version: VERSION })) {
    const file = join(kit, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** The import map of a folder with the kit in it. */
export function importsOf({ imports }: Kit): Record<string, string> {
  const entries = Object.entries(imports);
  return Object.fromEntries(
    entries.map(([name, to]) => [name, to.replace(/^\.\//, `./${KIT_FOLDER}/`)]),
  );
}

/**
 * The imports that the `deno.json` of a folder lacks, or has otherwise.
 *
 * @returns All of them where it has no such file.
 * @throws {KitError} When the file is no JSON object.
 */
export function missingImports(
  folder: string,
  imports: Readonly<Record<string, string>>,
): Record<string, string> {
  const file = join(folder, "deno.json");
  if (!existsSync(file)) return { ...imports };
  const has = importsIn(file);
  return Object.fromEntries(Object.entries(imports).filter(([name, to]) => has[name] !== to));
}

function importsIn(file: string): Readonly<Record<string, unknown>> {
  try {
    const { imports = {} } = JSON.parse(readFileSync(file, "utf8"));
    return imports;
  } catch (error) {
    throw new KitError(
      `${file} cannot be read (${(error as Error).message}): mend it, or remove it`,
    );
  }
}
