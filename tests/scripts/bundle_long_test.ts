/**
 * The bundle that the binary is made of: of small programs, and of the real one under Deno itself,
 * whose runtime is that of a released binary.
 *
 * @module
 */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileBundle, isRuntimeMissing } from "../../scripts/compile.ts";
import { bundle } from "../../scripts/compile/bundle.ts";
import { type BundleContents, contentsOf } from "../../scripts/compile/contents.ts";
import { type Ended, Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A small program in a folder of its own, with its bundle. */
class Small {
  readonly root: string;
  readonly out: string;

  constructor(readonly folder: string) {
    this.root = join(folder, "program");
    this.out = join(folder, "bundle");
    const imports = { typescript: "npm:typescript@6.0.3" };
    this.write("deno.json", JSON.stringify({ imports }));
    copyFileSync(join(ROOT, "deno.lock"), join(this.root, "deno.lock"));
  }

  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  bundle(contents: Partial<BundleContents> = {}): Promise<string | undefined> {
    const none = { faces: {}, assets: [], packageFiles: {}, wholePackages: [] };
    return bundle(this.root, this.out, { modules: ["main.ts"], ...none, ...contents });
  }

  async run(program = Deno.execPath(), args = ["run", "-A", "main.js"]): Promise<Ended> {
    await using running = Program.startBinary(program, args, { cwd: this.out });
    return await running.end();
  }
}

function smallTest(name: string, test: (small: Small) => Promise<void>): void {
  Deno.test(name, () => withFolder((folder) => test(new Small(folder))));
}

/** A program that reads a file which TypeScript looks for beside its own module. */
const READS_PACKAGE_FILE = `
  import { existsSync } from "node:fs";
  import ts from "typescript";
  console.log(existsSync(ts.getDefaultLibFilePath({})));
`;

smallTest("a package that is kept whole finds its files, in the binary too", async (small) => {
  small.write("main.ts", READS_PACKAGE_FILE);
  assert.equal(await small.bundle({ wholePackages: ["typescript"] }), undefined);
  assert.deepEqual((await small.run()).stdout, ["true"]);
  const binary = join(small.folder, "binary");
  const problem = await compileBundle(small.out, binary);
  if (problem !== undefined && isRuntimeMissing(problem)) return console.log(`skipped: ${problem}`);
  assert.equal(problem, undefined);
  assert.deepEqual((await small.run(binary, [])).stdout, ["true"]);
});

smallTest("a module that would not find its files is not bundled, and is named", async (small) => {
  small.write("main.ts", 'console.log(import.meta.resolve("./x"), import.meta.dirname);');
  const problem = await small.bundle();
  assert.equal(
    problem,
    "these modules look for files beside themselves, and would not find them in the bundle:\n" +
      "main.ts\nTake the file of the program from lib/system/program_files.ts; add a package to " +
      "wholePackages in scripts/compile/contents.ts",
  );
});

smallTest("a program with a wrong type is not bundled", async (small) => {
  small.write("main.ts", "const x: number = 'one'; console.log(x);");
  assert.match(await small.bundle() ?? "", /^the program could not be bundled:\n.*main\.ts:1:7/s);
});

smallTest("an asset keeps its path", async (small) => {
  small.write("pages/one/index.html", "<p>");
  small.write("main.ts", 'console.log(Deno.readTextFileSync("pages/one/index.html"));');
  assert.equal(await small.bundle({ assets: ["pages"] }), undefined);
  assert.deepEqual((await small.run()).stdout, ["<p>"]);
});

const READS_COMPRESSED = `
  import { readFileSync } from "node:fs";
  import { gunzipSync } from "node:zlib";
  console.log(String(gunzipSync(readFileSync(new URL(import.meta.resolve("p/x"))))));
`;

smallTest("a file of a package is found by its name, and compressed", async (small) => {
  small.write("data.bin", "data");
  small.write("main.ts", READS_COMPRESSED);
  const file = pathToFileURL(join(small.root, "data.bin"));
  assert.equal(await small.bundle({ packageFiles: { "p/x": file } }), undefined);
  assert.deepEqual((await small.run()).stdout, ["data"]);
});

/** A worker in TypeScript that shows whether it has the program's own copies. */
const SHARER = `
  import { defineWorker, Discard, Fail } from "process-queue/worker";
  import { z } from "zod";
  const noop = new URL("../workers/noop.js", import.meta.resolve("process-queue/worker"));
  const { default: builtIn } = await import(noop.href) as { default: { event: z.ZodType } };
  export default defineWorker({
    queue: "sharer",
    event: z.object({ do: z.enum(["discard", "fail", "loop", "compare"]) }),
    consume(event, ctx) {
      if (event.do === "discard") throw new Discard();
      if (event.do === "fail") throw new Fail("never again");
      for (; event.do === "loop";);
      ctx.log.info("zod is {copies}", {
        copies: builtIn.event.constructor === z.unknown().constructor ? "shared" : "here twice",
      });
    },
  });
`;

Deno.test("the bundle runs under Deno: own workers share its modules, a hung thread is ended", async () => {
  await withFolder(async (cwd) => {
    const out = join(cwd, "bundle");
    assert.equal(await bundle(ROOT, out, contentsOf(ROOT)), undefined);
    mkdirSync(join(cwd, "workers"));
    writeFileSync(join(cwd, "workers/sharer.ts"), SHARER);
    const env = { PQ_SHARER_MAX_CONSUME_SECONDS: "1", ABORT_GRACE_SECONDS: "1" };
    const start = (args: readonly string[], input?: string) => {
      const all = ["run", "-A", "--quiet", `${out}/main.js`, ...args, "--workers-dir", "workers"];
      return Program.startDeno(all, { cwd, env, ...(input === undefined ? {} : { input }) });
    };
    const events = ["discard", "fail", "compare", "loop"];
    const lines = events.map((name) => JSON.stringify({ do: name })).join("\n");
    await using publisher = start(["publish", "sharer"], lines);
    assert.equal((await publisher.end()).code, 0);
    await using program = start(["--queue_name", "sharer", "--drain"]);
    const { stdout } = await program.end();
    assert.deepEqual(stdout, ["done 2, retried 1, failed 1, waiting for retry 1"]);
    assert(program.log.some(({ message }) => message === "zod is shared"));
    await program.untilLogged(/^The worker of sharer did not return .* its thread is ended/);
  });
});
