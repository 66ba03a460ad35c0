/**
 * Makes the kit, which `process-queue types` writes into a folder of workers: the modules that workers,
 * tests and publishers import, as JavaScript with declarations, so that Deno and editors work there
 * without the source of the program.
 *
 * `deno run -A scripts/kit.ts [file]` writes it as compressed JSON, by default to `dist/kit.gz`.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { bundledFiles } from "./kit/bundled.ts";
import { declarationsOf } from "./kit/declarations.ts";

/** The modules by the names under which they are imported. */
const FACES: Readonly<Record<string, string>> = {
  "process-queue/client": "lib/client.ts",
  "process-queue/database": "lib/database.ts",
  "process-queue/testing": "lib/testing.ts",
  "process-queue/worker": "lib/worker.ts",
};

/** Packages that a folder of workers imports itself, in the versions of the program. */
const SHARED: readonly string[] = ["kysely", "zod"];

/** Only the binary translates TypeScript; where Deno runs, it does so itself. */
const UNUSED: readonly string[] = ["amaro"];

/** The kit. */
export interface Kit {
  /** The import map of a folder with the kit, relative to the folder of its files. */
  readonly imports: Readonly<Record<string, string>>;
  /** The texts of its files by their paths. */
  readonly files: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname ?? ".", "..");

/** Makes the kit. @param root The folder of the program. */
export async function makeKit(root: string): Promise<Kit> {
  const modules = Object.values(FACES);
  const folder = mkdtempSync(join(tmpdir(), "pq-kit-"));
  try {
    const files = await bundledFiles(root, folder, modules, [...SHARED, ...UNUSED]);
    for (const face of modules) {
      const name = face.replace(/^lib\/(.*)\.ts$/, "$1");
      const types = `// @ts-self-types="./types/lib/${name}.d.ts"\n`;
      files.set(`${name}.js`, types + files.get(`${name}.js`));
    }
    for (const [path, text] of declarationsOf(root, modules, ".d.ts")) {
      files.set(`types/${path}`, text);
    }
    return { imports: importsOf(root), files: Object.fromEntries([...files].sort()) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes the kit and writes it to a file, as `process-queue types` reads it. */
export async function writeKit(root: string, file: string): Promise<void> {
  const kit = await makeKit(root);
  mkdirSync(dirname(file), { recursive: true });
  // Under a name of its own first, as several may write it at once.
  const unfinished = `${file}.${crypto.randomUUID()}`;
  writeFileSync(unfinished, gzipSync(JSON.stringify(kit)));
  renameSync(unfinished, file);
}

function importsOf(root: string): Record<string, string> {
  const { imports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8")) as {
    imports: Record<string, string>;
  };
  const own = Object.entries(FACES).map(([name, path]): [string, string] => [
    name,
    path.replace(/^lib\/(.*)\.ts$/, "./$1.js"),
  ]);
  const shared = SHARED.map((name): [string, string] => [name, imports[name] ?? ""]);
  return Object.fromEntries([...own, ...shared]);
}

if (import.meta.main) {
  await writeKit(ROOT, resolve(Deno.args[0] ?? join(ROOT, "dist/kit.gz")));
}
