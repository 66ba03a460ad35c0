/**
 * Modules in TypeScript where the runtime has no module hooks (Deno before 2.9): each file becomes a
 * `data:` URL, in which the files that it imports are such URLs, too. Nothing is written to the disk.
 *
 * A file is the same module wherever it is imported. Two limits are the method's: files cannot import
 * each other in a circle, and the path in `import()` has to be a literal.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isTypeScript } from "./is_typescript.ts";
import { type Translate, withMap } from "./translate.ts";
import { TypeScriptError } from "./typescript_error.ts";

/** The specifiers of imports. In a text or a comment one may be taken for code: see `#link`. */
const SPECIFIERS: readonly RegExp[] = [
  /(\b(?:import|export)\b[^;'"()=]*?\bfrom\s*)(["'])(.+?)\2/g,
  /(\bimport\s*\(?\s*)(["'])(.+?)\2/g,
];

/** The `data:` URLs of a thread's files. */
export class DataModules {
  readonly #translate: Translate;
  readonly #urls = new Map<string, string>();
  /** The files from the first one to the one being read. */
  readonly #path: string[] = [];

  /** @param translate The compiler. */
  constructor(translate: Translate) {
    this.#translate = translate;
  }

  /**
   * The URL to import a file by.
   *
   * @param url The file's.
   * @throws {TypeScriptError} When it, or a file that it imports, has a syntax error, or the files
   * import each other.
   */
  urlOf(url: string): string {
    const made = this.#urls.get(url) ?? this.#make(url);
    this.#urls.set(url, made);
    return made;
  }

  #make(url: string): string {
    const at = this.#path.indexOf(url);
    if (at >= 0) throw circular([...this.#path.slice(at), url]);
    this.#path.push(url);
    try {
      const { code, map } = this.#translate(readFileSync(new URL(url), "utf8"), url);
      const linked = SPECIFIERS.reduce(
        (text, specifiers) => this.#link(text, specifiers, url),
        code,
      );
      const mappings = `;${map.mappings}`;
      const source = withMap({ code: `${meta(url)}\n${linked}`, map: { ...map, mappings } });
      return `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
    } finally {
      this.#path.pop();
    }
  }

  /** What names no file stays as it is: an import of it fails as everywhere. */
  #link(code: string, specifiers: RegExp, from: string): string {
    return code.replaceAll(specifiers, (whole, before: string, quote: string, name: string) => {
      if (!/^\.{0,2}\/|^file:/.test(name)) return whole;
      const url = new URL(name, from);
      if (!existsSync(url)) return whole;
      const { href } = url;
      return `${before}${quote}${isTypeScript(href) ? this.urlOf(href) : href}${quote}`;
    });
  }
}

/** A line that has the module know its own place. */
function meta(url: string): string {
  const filename = fileURLToPath(url);
  return `Object.assign(import.meta, ${
    JSON.stringify({ url, filename, dirname: dirname(filename) })
  });`;
}

function circular(urls: readonly string[]): TypeScriptError {
  return new TypeScriptError(
    `These files import each other in a circle, which this runtime cannot load: ` +
      `${urls.join(" imports ")}. Move what they share into a file of its own`,
  );
}
