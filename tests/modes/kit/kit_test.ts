import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { runNew } from "../../../lib/modes/kit/new.ts";
import { runTypes } from "../../../lib/modes/kit/types.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";
import { MemoryServices } from "../memory_services.ts";

const KIT = {
  imports: { "process-queue/worker": "./worker.js", "zod": "npm:zod@4.6.7" },
  files: { "worker.js": "export {};\n", "types/lib/worker.d.ts": "export {};\n" },
};
const load = () => Promise.resolve(KIT);
const IMPORTS = { "process-queue/worker": "./.process-queue/worker.js", "zod": "npm:zod@4.6.7" };

function importsIn(folder: string): unknown {
  return JSON.parse(readFileSync(`${folder}/deno.json`, "utf8")).imports;
}

Deno.test("types writes the modules and deno.json, and replaces older modules", async () => {
  await withFolder(async (folder) => {
    const services = new MemoryServices();
    assert.equal(await runTypes({ folder }, services, load), 0);
    assert.deepEqual(services.printed, [
      `wrote the modules of workers to ${folder}/.process-queue`,
      `wrote ${folder}/deno.json, which names them`,
    ]);
    assert.deepEqual(importsIn(folder), IMPORTS);
    assert.equal(
      readFileSync(`${folder}/.process-queue/types/lib/worker.d.ts`, "utf8"),
      "export {};\n",
    );
    assert.equal(readFileSync(`${folder}/.process-queue/.gitignore`, "utf8"), "*\n");
    writeFileSync(`${folder}/.process-queue/old.js`, "");
    assert.equal(await runTypes({ folder }, services, load), 0);
    assert(!existsSync(`${folder}/.process-queue/old.js`));
    assert.equal(services.printed.length, 3);
  });
});

Deno.test("types leaves a deno.json as it is, and prints what it lacks", async () => {
  await withFolder(async (folder) => {
    const services = new MemoryServices();
    const text = '{ "imports": { "zod": "npm:zod@4.0.0" } }';
    writeFileSync(`${folder}/deno.json`, text);
    await runTypes({ folder }, services, load);
    assert.equal(readFileSync(`${folder}/deno.json`, "utf8"), text);
    assert.deepEqual(services.printed.slice(1), [
      `Add these lines to "imports" in ${folder}/deno.json:`,
      '  "process-queue/worker": "./.process-queue/worker.js",',
      '  "zod": "npm:zod@4.6.7",',
    ]);
    writeFileSync(`${folder}/deno.json`, "{");
    await assert.rejects(runTypes({ folder }, services, load), {
      name: "KitError",
      message: /^\S+\/deno\.json cannot be read \(.*\): mend it, or remove it$/,
    });
  });
});

Deno.test("new makes a folder with a worker, its test and what Deno needs", async () => {
  await withFolder(async (parent) => {
    const services = new MemoryServices();
    const folder = `${parent}/my-workers`;
    assert.equal(await runNew({ folder }, services, load), 0);
    const names = [
      "greetings.ts",
      "greetings_test.ts",
      "README.md",
      ".gitignore",
      ".process-queue",
    ];
    for (const name of names) assert(existsSync(`${folder}/${name}`), name);
    assert.deepEqual(importsIn(folder), IMPORTS);
    assert.match(readFileSync(`${folder}/README.md`, "utf8"), /^# my-workers\n/);
    assert.deepEqual(services.printed, [
      `made ${folder} with the worker of the queue greetings. Next:`,
      `  (cd ${folder} && deno task test)`,
      `  process-queue --queue_name greetings --workers-dir ${folder}`,
    ]);
  });
});

Deno.test("new writes nothing where one of its files is there", async () => {
  await withFolder(async (folder) => {
    writeFileSync(`${folder}/README.md`, "mine");
    await assert.rejects(runNew({ folder }, new MemoryServices(), load), {
      name: "UsageError",
      message: `${folder}/README.md is there already: name another folder, or write only the ` +
        `modules of workers by process-queue types ${folder}`,
    });
    assert(!existsSync(`${folder}/deno.json`));
    assert.equal(readFileSync(`${folder}/README.md`, "utf8"), "mine");
  });
});
