/**
 * TypeScript where the runtime does not translate it: what it becomes, and how a runtime without hooks loads it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DataModules } from "../../../lib/system/typescript/data_modules.ts";
import { isTypeScript } from "../../../lib/system/typescript/is_typescript.ts";
import { loadTranslator, withMap } from "../../../lib/system/typescript/translate.ts";
import { TypeScriptError } from "../../../lib/system/typescript/typescript_error.ts";
import { assertSame, MAIN, type Main } from "../../fixtures/typescript/same.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";

const translate = await loadTranslator();

Deno.test("TypeScript is loaded as data: URLs as Deno loads it", async () => {
  const modules = new DataModules(translate);
  const url = modules.urlOf(MAIN);
  assert(url.startsWith("data:text/javascript;base64,"));
  assert.equal(modules.urlOf(MAIN), url);
  await assertSame(await import(url) as Main);
});

Deno.test("as data: URLs, files that import each other in a circle are named", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(
      `${folder}/a.ts`,
      `import { b } from "./b.ts"; export const a = () => b;`,
    );
    Deno.writeTextFileSync(
      `${folder}/b.ts`,
      `import { a } from "./a.ts"; export const b = () => a;`,
    );
    const [a, b] = [`file://${folder}/a.ts`, `file://${folder}/b.ts`];
    assert.throws(() => new DataModules(translate).urlOf(a), {
      name: "SyntaxError",
      message: "These files import each other in a circle, which this runtime cannot load: " +
        `${a} imports ${b} imports ${a}. Move what they share into a file of its own`,
    });
    return Promise.resolve();
  });
});

Deno.test("a syntax error names its line and column, and shows the line", () => {
  assert.throws(
    () => translate("enum Level {}\nconst size: = 3;\n", "file:///workers/greetings.ts"),
    (error: unknown) => {
      assert(error instanceof TypeScriptError);
      const lines = error.message.split("\n");
      const [first] = lines;
      const [line, mark] = lines.slice(-2);
      assert.match(first ?? "", / at file:\/\/\/workers\/greetings\.ts:2:13$/);
      assert.equal(line, "const size: = 3;");
      assert.match(mark ?? "", /^ +\^$/);
      return true;
    },
  );
});

Deno.test("a translation's source map names the file and does not hold its text", () => {
  const { code, map } = translate("export const one: number = 1;", "file:///a.ts");
  assert.equal(code.trim(), "export const one = 1;");
  assert.deepEqual(map.sources, ["file:///a.ts"]);
  assert(!("sourcesContent" in map));
  assert.match(withMap({ code, map }), /\n\/\/# sourceMappingURL=data:application\/json;base64,/);
});

Deno.test("files in TypeScript are known by their ending", () => {
  for (const name of ["a.ts", "a.mts", "a.ts?again"]) assert(isTypeScript(`file:///${name}`), name);
  for (const url of ["file:///a.js", "file:///ats", "npm:a.ts", "data:text/x,a.ts"]) {
    assert(!isTypeScript(url), url);
  }
});
