/**
 * What becomes of modules and source maps in the bundle that the binary is made of.
 *
 * @module
 */

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { misplacedModules } from "../../scripts/compile/misplaced.ts";
import { withOwnPaths } from "../../scripts/compile/source_map.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("a source map of the bundle names the files of the source, and holds no text of theirs", () => {
  const map = {
    version: 3,
    sources: [
      "../../../project/lib/system/version.ts",
      "../../../cache/npm/registry.npmjs.org/zod/4.6.7/v4/core/util.js",
      "../../../elsewhere/deep.ts",
    ],
    sourcesContent: ["export {};", null, ""],
    mappings: "AAAA",
    names: ["a"],
  };
  const place = { file: "/out/lib/engine/entry.js.map", out: "/out", root: "/project" };
  assert.deepEqual(JSON.parse(withOwnPaths(JSON.stringify(map), place)), {
    version: 3,
    sources: [
      "../system/version.ts",
      "../../npm/zod/4.6.7/v4/core/util.js",
      "../../elsewhere/deep.ts",
    ],
    mappings: "AAAA",
    names: ["a"],
  });
});

Deno.test("modules that look for files beside themselves are found in a bundled file", () => {
  const text = [
    "var __require = __deno_internal_createRequire(import.meta.url);",
    "// lib/system/program_files.ts",
    "var ROOT = new URL(import.meta.url);",
    "// ../cache/npm/registry.npmjs.org/reader/1.0.0/index.cjs",
    "  fs.readFileSync(__dirname + '/x');",
    "  fs.readFileSync(__filename);",
    "// lib/modes/page.ts",
    "var page = new URL('./page.html', import.meta.url);",
    "// lib/modes/other.ts",
    " * Unlike import.meta.dirname, it is a file.",
    "  // not __dirname",
    "var found = import.meta.resolve('zod');",
  ].join("\n");
  assert.deepEqual(misplacedModules(text), [
    "../cache/npm/registry.npmjs.org/reader/1.0.0/index.cjs",
    "lib/modes/page.ts",
  ]);
});

Deno.test("no module of the program looks for files beside itself but program_files.ts", () => {
  const modules = globSync(["main.ts", "lib/**/*.ts", "workers/*.ts"], { cwd: ROOT });
  assert(modules.length > 100);
  const misplaced = modules.flatMap((path) =>
    misplacedModules(`// ${path}\n${readFileSync(join(ROOT, path), "utf8")}`)
  );
  assert.deepEqual(misplaced, [], "take the file from lib/system/program_files.ts");
});
