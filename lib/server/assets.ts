/**
 * The static files of the dashboard: its own, and the modules of the packages that they import by
 * name. They are read once, at the first request.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { readPackageFile } from "../system/package_file.ts";
import { programFile } from "../system/program_files.ts";

/** A file, as it is sent. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The bytes compressed by gzip. */
  readonly gzipped: Uint8Array<ArrayBuffer>;
  /** Changes with the bytes. */
  readonly etag: string;
}

/** Where the files are. */
export interface AssetFiles {
  /** The folder of the dashboard's own files. */
  readonly folder: string;
  /** The modules that are imported by name, by that name. */
  readonly modules: Readonly<Record<string, () => Uint8Array>>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
};
const PAGE = "index.html";
/** What stands for the path before all others in the page. */
const BASE = "{{base}}";
const VENDOR = "vendor";
/** The name in `import … from "name"`, `import "name"` and `import("name")`. */
const IMPORTED = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\2/g;

/** Never called: Deno knows the places of packages that a module imports. */
export const withPackages = (): readonly Promise<unknown>[] => [
  // Their own types bring those of browsers, which are not Deno's.
  // @ts-types="./no_types.d.ts"
  import("htm/preact"),
  // @ts-types="./no_types.d.ts"
  import("preact/hooks"),
];

/** The files of the program itself. `scripts/compile/contents.ts` lists them. */
export const DASHBOARD_FILES: AssetFiles = {
  folder: fileURLToPath(programFile("lib/server/dashboard/")),
  modules: {
    "preact": () => readPackageFile(import.meta.resolve("preact")),
    "preact/hooks": () => readPackageFile(import.meta.resolve("preact/hooks")),
    "htm": () => readPackageFile(import.meta.resolve("htm")),
    "htm/preact": () => readPackageFile(import.meta.resolve("htm/preact")),
  },
};

/** The files of the dashboard. */
export class Assets {
  readonly #files: AssetFiles;
  readonly #basePath: string;
  #page: Asset | undefined;
  #assets: ReadonlyMap<string, Asset> | undefined;

  /** @param basePath The path before all others. @param files Where the files are. */
  constructor(basePath: string, files: AssetFiles = DASHBOARD_FILES) {
    this.#basePath = basePath;
    this.#files = files;
  }

  /** The page. @throws {Error} Where its file is missing. */
  get page(): Asset {
    return this.#page ??= assetOf(PAGE, this.#text(readFileSync(join(this.#files.folder, PAGE))));
  }

  /** All other files, by their paths below `/assets/`. */
  get all(): ReadonlyMap<string, Asset> {
    return this.#assets ??= new Map([...this.#own(), ...this.#vendored()]);
  }

  #own(): (readonly [string, Asset])[] {
    const { folder } = this.#files;
    return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = relative(folder, join(entry.parentPath, entry.name));
      const isServed = entry.isFile() && extname(path) in TYPES && !/(^|\/)\./.test(path);
      if (!isServed || path === PAGE) return [];
      const bytes = readFileSync(join(folder, path));
      return [[path, assetOf(path, this.#rewritten(path, slim(path, bytes)))] as const];
    });
  }

  #vendored(): (readonly [string, Asset])[] {
    return Object.entries(this.#files.modules).map(([name, read]) => {
      const path = vendorPath(name);
      return [path, assetOf(path, this.#rewritten(path, read()))] as const;
    });
  }

  /** A module with the paths of what it imports by name. */
  #rewritten(path: string, bytes: Uint8Array): Uint8Array {
    if (extname(path) !== ".js") return bytes;
    const { modules } = this.#files;
    const text = new TextDecoder().decode(bytes);
    return encoded(text.replace(IMPORTED, (whole, before: string, quote: string, name: string) => {
      if (!(name in modules)) return whole;
      return `${before}${quote}${this.#basePath}/assets/${vendorPath(name)}${quote}`;
    }));
  }

  #text(bytes: Uint8Array): Uint8Array {
    return encoded(new TextDecoder().decode(bytes).replaceAll(BASE, this.#basePath));
  }
}

/** A script or style sheet of our own without comments on lines of their own, and indentation. */
function slim(path: string, bytes: Uint8Array): Uint8Array {
  const isScript = extname(path) === ".js";
  if (!isScript && extname(path) !== ".css") return bytes;
  const text = new TextDecoder().decode(bytes).replace(/^[ \t]*\/\*[^]*?\*\/[ \t]*\n/gm, "");
  const rest = isScript ? text.replace(/^[ \t]*\/\/.*\n/gm, "") : text;
  return encoded(rest.replace(/^[ \t]+/gm, "").replace(/\n{2,}/g, "\n"));
}

function vendorPath(name: string): string {
  return `${VENDOR}/${name}.js`;
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function assetOf(path: string, content: Uint8Array): Asset {
  const bytes = new Uint8Array(content);
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
  const gzipped = new Uint8Array(gzipSync(bytes, { level: 9 }));
  return { type: TYPES[extname(path)] ?? "", bytes, gzipped, etag: `"${hash}"` };
}
