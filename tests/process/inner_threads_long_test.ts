/**
 * A worker's own thread in the binary, and in the bundle that the binary is made of.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../../scripts/compile/bundle.ts";
import { contentsOf } from "../../scripts/compile/contents.ts";
import { binaryTest } from "../fixtures/process/binary.ts";
import { assertNestedRuns, writeNested } from "../fixtures/process/nested.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const QUEUE = ["--queue_name", "nested"];

// A runtime without Web Locks, which a binary may have, neither limits nor ends such a thread.
binaryTest("the binary runs a thread of a worker's own", async (installed) => {
  await writeNested(`${installed.folder}/workers`);
  await using program = installed.start(...QUEUE);
  await installed.ok("publish", "nested", '{"do": "double", "bytes": [1, 2, 3]}');
  await program.untilLogged(/^The result is \[2,4,6\]$/);
  assert(program.stdout.includes("doing double"));
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

Deno.test("the bundle under Deno runs and ends a thread of a worker's own", async () => {
  await withFolder(async (cwd) => {
    const out = join(cwd, "bundle");
    assert.equal(await bundle(ROOT, out, contentsOf(ROOT)), undefined);
    await writeNested(`${cwd}/workers`);
    const env = { WORKERS_DIR: "workers" };
    const start = (...args: string[]) =>
      Program.startDeno(["run", "-A", "--quiet", `${out}/main.js`, ...args], { cwd, env });
    await using program = start(...QUEUE);
    await assertNestedRuns(program, async (event) => {
      await using publisher = start("publish", "nested", event);
      assert.equal((await publisher.end()).code, 0);
    });
  });
});
