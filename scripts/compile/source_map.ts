/**
 * The source maps of a bundle. The runtime reads them, so that stacks name the lines of the source.
 *
 * @module
 */

import { dirname, join, relative, sep } from "node:path";

/** The fields of a source map that change; the others stay as they are. */
interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

/** Where a source map is, and where its sources are. All are absolute paths. */
export interface SourceMapPlace {
  /** The map itself. */
  readonly file: string;
  /** The folder of the bundle. */
  readonly out: string;
  /** The folder of the source. */
  readonly root: string;
}

/**
 * Gives sources the paths in the bundle that they have in the source, and leaves out their texts,
 * which are most of a map. A stack then names no folder of the machine that made the bundle.
 *
 * @param text The map, in JSON.
 */
export function withOwnPaths(text: string, { file, out, root }: SourceMapPlace): string {
  const { sourcesContent: _texts, ...map } = JSON.parse(text) as SourceMap;
  const folder = dirname(file);
  const moved = (source: string) =>
    relative(folder, join(out, pathInProgram(join(folder, source), root)));
  return JSON.stringify({ ...map, sources: map.sources.map(moved) });
}

/** The path below the folder of the program; `npm/<package>/<version>/…` for a package's file. */
function pathInProgram(file: string, root: string): string {
  const own = relative(root, file);
  if (!own.startsWith(`..${sep}`)) return own;
  const [, inPackage] = /\/npm\/[^/]+\/(.*)$/.exec(file) ?? [];
  return inPackage === undefined ? own.replace(/^(\.\.\/)+/, "") : `npm/${inPackage}`;
}
