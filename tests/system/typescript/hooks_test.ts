/**
 * TypeScript where the runtime does not translate it, but has module hooks.
 *
 * @module
 */

import assert from "node:assert/strict";
import { registerTypeScriptHooks } from "../../../lib/system/typescript/hooks.ts";
import { importModule } from "../../../lib/system/typescript/import_module.ts";
import { loadTranslator } from "../../../lib/system/typescript/translate.ts";
import { TypeScriptError } from "../../../lib/system/typescript/typescript_error.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { assertSame, MAIN, type Main } from "../../fixtures/typescript/same.ts";

const translate = await loadTranslator();

// The runtime goes on waiting for modules to load.
const HOOKS = { sanitizeOps: false } as const;

Deno.test("TypeScript is loaded by the runtime's hooks as Deno loads it", HOOKS, async () => {
  const loaded: string[] = [];
  const deregister = await registerTypeScriptHooks((text, url) => {
    loaded.push(url);
    return translate(text, url);
  });
  assert(deregister, "this runtime has hooks");
  try {
    await assertSame(await import(`${MAIN}?by=hooks`) as Main);
  } finally {
    deregister();
  }
  assert(loaded.includes(`${MAIN}?by=hooks`));
});

Deno.test("a module's syntax error is one where it is imported, too", HOOKS, async () => {
  await withFolder(async (folder) => {
    const url = `file://${folder}/broken.ts`;
    Deno.writeTextFileSync(`${folder}/broken.ts`, "const size: = 3;\n");
    await assert.rejects(importModule(url, false), (error: unknown) => {
      assert(error instanceof TypeScriptError);
      assert(error.message.includes(` at ${url}:1:13\n`), error.message);
      return true;
    });
  });
});
