/**
 * Modules that cannot be bundled, because they look for files beside themselves.
 *
 * @module
 */

/** The one module of the program that knows both its places. */
const KNOWS_ITS_PLACE = "lib/system/program_files.ts";
/** The bundler's own use, which only loads `node:` modules. */
const REQUIRE = "__deno_internal_createRequire(import.meta.url)";
const OWN_PLACE = /\bimport\.meta\.(?:url|dirname|filename)\b|\b__(?:dirname|filename)\b/;
const COMMENT = /^\s*(?:\/\/|\/?\*)/;
/** The bundler's line before each module. */
const MODULE = /^\s*\/\/ (\S+\.[cm]?[jt]sx?)$/;

/**
 * Finds the modules of a bundled file that ask where they are, which is no longer where their files
 * are.
 *
 * @param text The bundled file.
 * @returns Their paths, as the bundler writes them.
 */
export function misplacedModules(text: string): string[] {
  const found = new Set<string>();
  let module = "";
  for (const line of text.split("\n")) {
    module = MODULE.exec(line)?.[1] ?? module;
    if (COMMENT.test(line) || line.includes(REQUIRE) || module === KNOWS_ITS_PLACE) continue;
    if (OWN_PLACE.test(line)) found.add(module);
  }
  return [...found];
}
