/**
 * The declarations of the modules that others import, with their doc comments: made by TypeScript
 * from the source.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The packages whose types the declarations name. */
const PACKAGES: readonly string[] = ["kysely", "zod"];

/** Never called: only packages that are imported somewhere in a program have a place on the disk. */
export const imported = () => [import("kysely"), import("zod")];

/** An import of another declaration, in a declaration. */
const RELATIVE = /((?:from|import\()\s*")(\.[^"]*)\.ts(")/g;

/**
 * Makes the declarations of some modules, and of all whose types they name.
 *
 * @param root The folder of the program.
 * @param faces The modules, by their paths in it.
 * @param ending What a declaration names another by, in place of `.ts`.
 * @returns Their texts by their paths, which end in `.d.ts`.
 */
export function declarationsOf(
  root: string,
  faces: readonly string[],
  ending: ".d.ts" | ".js",
): Map<string, string> {
  const all = emit(root, faces);
  const found = new Map<string, string>();
  const left = faces.map(declarationPath);
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const text = all.get(path);
    if (text === undefined) throw new Error(`TypeScript made no ${path}`);
    if (found.has(path)) continue;
    const folder = dirname(path);
    const linked = text.replaceAll(RELATIVE, (whole, before: string, to: string, after: string) => {
      const target = posix.join(folder, `${to}.d.ts`);
      // An example in a comment.
      if (!all.has(target)) return whole;
      left.push(target);
      return `${before}${to}${ending}${after}`;
    });
    found.set(path, linked);
  }
  return found;
}

function emit(root: string, faces: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>();
  const packages = mkdtempSync(join(tmpdir(), "pq-types-"));
  try {
    linkPackages(packages);
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      declaration: true,
      emitDeclarationOnly: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      types: [],
      outDir: root,
      rootDir: root,
    };
    const program = ts.createProgram(
      faces.map((face) => join(root, face)),
      options,
      hostFor(options, packages, root),
    );
    program.emit(undefined, (path, text) => texts.set(relative(root, path), text));
  } finally {
    rmSync(packages, { recursive: true });
  }
  return texts;
}

/** A compiler that finds the packages, and the program's own modules by their names. */
function hostFor(options: ts.CompilerOptions, packages: string, root: string): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const own = join(root, "main.ts");
  host.resolveModuleNameLiterals = (names, containing) =>
    names.map(({ text }) => {
      const isPackage = !text.startsWith(".") && containing.startsWith(root);
      const from = isPackage ? join(packages, "main.ts") : containing;
      const name = text === "process-queue/worker" ? "./lib/worker.ts" : text;
      return ts.resolveModuleName(name, name === text ? from : own, options, host);
    });
  return host;
}

/** Lays the packages out as TypeScript looks for them. */
function linkPackages(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  for (const name of PACKAGES) {
    const main = fileURLToPath(import.meta.resolve(name));
    const [, at = ""] = new RegExp(`^(.*/${name}/[^/]+)/`).exec(main) ?? [];
    symlinkSync(at, join(folder, "node_modules", name));
  }
}

function declarationPath(path: string): string {
  return path.replace(/\.ts$/, ".d.ts");
}
