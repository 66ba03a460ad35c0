/**
 * Where the program's own files are. The source and the bundle that the binary is made of have the
 * same folders. In the bundle modules are JavaScript, and most are parts of other files: so only
 * this module asks where it is.
 *
 * @module
 */

/** Whether the program runs from its source, and not from its bundle. */
export const IS_SOURCE: boolean = import.meta.url.endsWith(".ts");

/** The folder of the program: of its source, or of its bundle inside the binary. */
export const ROOT: URL = new URL(IS_SOURCE ? "../../" : "./", import.meta.url);

/** A file or folder of the program. @param path Relative to {@linkcode ROOT}; a folder's ends in `/`. */
export function programFile(path: string): URL {
  return new URL(path, ROOT);
}

/**
 * A module that is loaded by its path. `scripts/compile/contents.ts` must list it, as the bundle has
 * only those as files of their own.
 *
 * @param path Relative to {@linkcode ROOT}, without its extension.
 */
export function programModule(path: string): URL {
  return programFile(`${path}${IS_SOURCE ? ".ts" : ".js"}`);
}
