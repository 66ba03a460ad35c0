/**
 * TypeScript to JavaScript, by amaro: the same compiler that Node.js has built in. Types are removed,
 * and enums, namespaces and parameter properties become code. Nothing is checked.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { TypeScriptError } from "./typescript_error.ts";

type Amaro = typeof import("amaro");

/** JavaScript made of a file of TypeScript. */
export interface Translation {
  /** Without its source map. */
  readonly code: string;
  /** The source map, which names the file by its URL and does not hold its text. */
  readonly map: SourceMap;
}

/** The fields of a source map that this program reads. */
export interface SourceMap {
  readonly version: number;
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

/** Translates a file. @throws {TypeScriptError} For a syntax error. */
export type Translate = (text: string, url: string) => Translation;

/** The fields of amaro's errors. */
interface AmaroError {
  readonly message: string;
  readonly snippet?: string;
  readonly startLine?: number;
  readonly startColumn?: number;
}

/** Loads the compiler, which takes about 0.1 s and 15 MB, and so is done where it is needed only. */
export async function loadTranslator(): Promise<Translate> {
  // The package is CommonJS: its exports are those of the default export.
  const loaded = await import("amaro") as Amaro & { readonly default?: Amaro };
  const { transformSync } = loaded.default ?? loaded;
  return (text, url) => {
    try {
      const { code, map } = transformSync(text, {
        mode: "transform",
        sourceMap: true,
        filename: url,
      });
      return { code, map: { ...JSON.parse(map ?? "{}") as SourceMap, sources: [url] } };
    } catch (error) {
      throw syntaxError(error as AmaroError, url);
    }
  };
}

/** A translation as one text, from which the runtime takes the lines of the source. */
export function withMap({ code, map }: Translation): string {
  const encoded = Buffer.from(JSON.stringify(map)).toString("base64");
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}`;
}

function syntaxError(
  { message, snippet, startLine, startColumn }: AmaroError,
  url: string,
): TypeScriptError {
  const place = startLine === undefined ? url : `${url}:${startLine}:${(startColumn ?? 0) + 1}`;
  const shown = snippet?.trimEnd();
  return new TypeScriptError(`${message} at ${place}${shown ? `\n\n${shown}` : ""}`);
}
