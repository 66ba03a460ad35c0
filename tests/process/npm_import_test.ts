/** Workers that import npm packages, with the program run from its source. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { NpmPackage, PACKAGE } from "../fixtures/process/npm_package.ts";
import { MAIN, Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const ROOT = dirname(MAIN);
const LOCK = `${ROOT}/deno.lock`;

/** Runs the task `start` on a worker that imports the package, with other options of Deno. */
async function runOn(cwd: string, options: readonly string[], npm: NpmPackage): Promise<Program> {
  await Deno.mkdir(`${cwd}/mine`);
  await Deno.writeTextFile(
    `${cwd}/mine/greetings.ts`,
    `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    import brackets from "npm:${PACKAGE}";
    export default defineWorker({ queue: "greetings", event: z.unknown(), consume() {},
      setup: () => void console.log(brackets("ready")) });`,
  );
  const args = ["--queue_name", "greetings", "--drain", "--workers-dir", "mine"];
  return Program.startDeno(["run", ...options, MAIN, ...args], { cwd, env: npm.env });
}

/** The options of `deno run` in the task `start`. */
async function optionsOfTask(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const [, options = ""] = /^deno run (.*) main\.ts$/.exec(tasks.start.command) ?? [];
  return options.split(" ");
}

Deno.test("deno task start runs a worker with an npm package, and leaves deno.lock as it is", () =>
  withFolder(async (cwd) => {
    await using npm = await NpmPackage.serve();
    const lock = await Deno.readTextFile(LOCK);
    await using program = await runOn(cwd, await optionsOfTask(), npm);
    const { code, stdout, stderr } = await program.end();
    assert.equal(code, 0, stderr.join("\n"));
    assert.equal(stdout[0], "[ready]");
    assert.equal(await Deno.readTextFile(LOCK), lock);
  }));

Deno.test("a program that is held to deno.lock says how to run a worker with an npm package", () =>
  withFolder(async (cwd) => {
    await using npm = await NpmPackage.serve();
    const lock = await Deno.readTextFile(LOCK);
    await using program = await runOn(cwd, ["-A"], npm);
    const { code, stderr } = await program.end();
    assert.equal(code, 1);
    assert.match(
      stderr.at(-1) ?? "",
      /^process-queue: .*greetings\.ts does not load: it imports an npm package that deno\.lock of this program does not have: start the program by deno task start, or by deno run -A --no-lock main\.ts$/,
    );
    assert.equal(await Deno.readTextFile(LOCK), lock);
  }));
