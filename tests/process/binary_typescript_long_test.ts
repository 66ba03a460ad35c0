/**
 * Workers in TypeScript in the compiled binary, as a host has them: the binary and a folder.
 *
 * @module
 */

import assert from "node:assert/strict";
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BINARY, binaryTest, isBinaryMissing } from "../fixtures/process/binary.ts";
import { LanguageServer, type Position } from "../fixtures/process/language_server.ts";
import { NpmPackage, PACKAGE } from "../fixtures/process/npm_package.ts";
import { type Ended, Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const WORKERS = fileURLToPath(new URL("../fixtures/typescript/workers", import.meta.url));
/** Users that every Linux has: daemon and bin. */
const [USER, OTHER] = [1, 2];

for (const way of [[], ["--inline"]]) {
  binaryTest(`the binary runs a worker in TypeScript ${way}`, async (installed) => {
    cpSync(WORKERS, `${installed.folder}/workers`, { recursive: true });
    const events = '{"do": "greet"}\n{"do": "throw"}\n';
    await installed.ok("publish", "greeted", events.split("\n")[0] ?? "");
    await installed.ok("publish", "greeted", events.split("\n")[1] ?? "");
    await using program = installed.start("--queue_name", "greeted", "--drain", ...way);
    assert.deepEqual((await program.end()).stdout, [
      "done 1, retried 0, failed 1, waiting for retry 0",
    ]);
    await program.untilLogged(/^Welcome! from a file beside it, at level High$/);
    await program.untilLogged(/^a thread says 42$/);
    const line = await program.untilLogged(/^Problem handling data on queue greeted$/);
    const { stack } = line["error"] as { readonly stack: string };
    assert.match(stack, /\/workers\/greeted\.ts:30:33\)/);
  });
}

binaryTest("a worker with a syntax error names its line and column", async (installed) => {
  const text = "import { z } from 'zod';\nconst size: = 3;\n";
  await Deno.writeTextFile(`${installed.folder}/workers/broken.ts`, text);
  const { code, stderr } = await installed.run("--queue_name", "broken", "--drain");
  assert.equal(code, 1);
  const lines = stderr.join("\n");
  assert.match(lines, /\/workers\/broken\.ts does not load: SyntaxError: Unexpected token `=`/);
  assert.match(
    lines,
    / at file:\/\/\S+\/workers\/broken\.ts:2:13\n[^]*\nconst size: = 3;\n {12}\^/,
  );
});

binaryTest("a worker in JavaScript that imports TypeScript says what to do", async (installed) => {
  await Deno.writeTextFile(`${installed.folder}/workers/plain.js`, "import './_words.ts';\n");
  await Deno.writeTextFile(`${installed.folder}/workers/_words.ts`, "export enum Word {}\n");
  const { code, stderr } = await installed.run("--queue_name", "plain", "--drain");
  assert.equal(code, 1);
  const advice = /only a worker in TypeScript imports TypeScript: rename \S+\/plain\.js to \.ts/;
  assert.match(stderr.join("\n"), advice);
});

binaryTest("deno bundle puts npm packages into a worker for the binary", async (installed) => {
  await using registry = await NpmPackage.serve();
  const { folder } = installed;
  await Deno.mkdir(`${folder}/source`);
  const text = `import brackets from "npm:${PACKAGE}";
import { defineWorker } from "process-queue/worker";
import { z } from "zod";
enum Level { Low = 1 }
export default defineWorker({ queue: "bundled", event: z.object({}),
  consume(_event, ctx) { ctx.log.info(brackets(Level[Level.Low])); } });`;
  await Deno.writeTextFile(`${folder}/source/bundled.ts`, text);
  const externals = ["process-queue/*", "zod"].map((name) => `--external=${name}`);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...externals, "--output=workers/bundled.js", "source/bundled.ts"],
    cwd: folder,
    env: { ...registry.env, NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  await installed.ok("publish", "bundled", "{}");
  await using program = installed.start("--queue_name", "bundled", "--drain");
  assert.equal((await program.end()).code, 0);
  await program.untilLogged(/^\[Low\]$/);
});

Deno.test({
  name: "the binary refuses workers that another user may change",
  ignore: isBinaryMissing || Deno.uid() !== 0,
  fn: () => withFolder(asTwoUsers),
});

async function asTwoUsers(folder: string): Promise<void> {
  const workers = `${folder}/workers`;
  const host = new Host(folder, workers);
  assert.equal((await host.publish()).code, 0);
  chownSync(`${workers}/words/greeting.ts`, OTHER, OTHER);
  await host.refuses(`${workers}/words/greeting.ts`, `belongs to the user with the id ${OTHER}`);
  chownSync(`${workers}/words/greeting.ts`, USER, USER);
  chmodSync(workers, 0o775);
  await host.refuses(workers, "can be written by its group");
  assert.equal((await host.publish("--allow-unsafe-folder")).code, 0);
  chmodSync(workers, 0o755);
  writeFileSync(`${workers}/_more.ts`, "");
  chmodSync(`${workers}/_more.ts`, 0o666);
  await host.refuses(`${workers}/_more.ts`, "can be written by every user");
  chmodSync(`${workers}/_more.ts`, 0o644);
  chmodSync(folder, 0o777);
  await host.refuses(folder, "can be written by every user");
}

/** The binary and a folder of workers, both root's, run by another user. */
class Host {
  constructor(readonly folder: string, readonly workers: string) {
    chmodSync(folder, 0o755);
    cpSync(WORKERS, workers, { recursive: true });
    mkdirSync(`${folder}/state`);
    chownSync(`${folder}/state`, USER, USER);
    cpSync(BINARY, `${folder}/process-queue`);
  }

  publish(...more: string[]): Promise<Ended> {
    return this.#run("publish", "greeted", '{"do": "greet"}', ...more);
  }

  async refuses(path: string, wrong: string): Promise<void> {
    for (const ended of [await this.#run("--queue_name", "greeted"), await this.publish()]) {
      const text = ended.stderr.join("\n");
      assert.equal(ended.code, 1, text);
      assert(text.includes(`WORKERS_DIR: ${path} ${wrong}; make it and all in it belong`), text);
    }
  }

  async #run(...args: string[]): Promise<Ended> {
    const env = {
      HOME: "/dev/null",
      WORKERS_DIR: this.workers,
      STATE_DIR: `${this.folder}/state`,
    };
    const options = { cwd: this.folder, env, uid: USER };
    await using program = Program.startBinary(`${this.folder}/process-queue`, args, options);
    return await program.end();
  }
}

async function deno(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert(success, text);
  return text;
}

/** The place of a text in a file. @param after How many characters behind its beginning. */
function placeOf(text: string, what: string, after = 0): Position {
  const lines = text.slice(0, text.indexOf(what) + after).split("\n");
  return { line: lines.length - 1, character: (lines.at(-1) ?? "").length };
}

binaryTest(
  "Deno and editors know what workers import in a folder that new makes",
  async (installed) => {
    const folder = `${installed.folder}/mine`;
    await installed.ok("new", "mine");
    await deno(folder, "check");
    assert.match(await deno(folder, "test", "-A"), /2 passed/);
    const publisher = `import { connect } from "process-queue/client";
import greetings from "./greetings.ts";
const client = await connect("/nowhere");
await client.publish(greetings, { nom: "Ada" });
`;
    await Deno.writeTextFile(`${folder}/_publisher.ts`, publisher);
    await assert.rejects(
      deno(folder, "check"),
      /'nom' does not exist in type '\{ name: string; \}'/,
    );
    await Deno.remove(`${folder}/_publisher.ts`);
    await showsInEditor(`${folder}/greetings.ts`, folder);
    installed.env["WORKERS_DIR"] = folder;
    await installed.ok("publish", "greetings", '{"name": "Ada"}');
    await using program = installed.start("--queue_name", "greetings", "--drain");
    assert.equal((await program.end()).code, 0);
    await program.untilLogged(/^Hello Ada$/);
    assert.match(
      (await installed.ok("types", "mine")).join("\n"),
      /^wrote the modules of workers to/,
    );
  },
);

async function showsInEditor(file: string, folder: string): Promise<void> {
  const text = readFileSync(file, "utf8");
  const typing = text.replace("ctx.log.info(", "ctx.;\n    ctx.log.info(");
  await using server = await LanguageServer.start(folder);
  server.open(file, typing);
  await until("the editor offers what a handler has", async () => {
    const offered = await server.complete(file, placeOf(typing, "ctx.;", 4));
    return ["publish", "database", "signal", "log"].every((name) => offered.includes(name));
  });
  const shown = await server.hover(file, placeOf(typing, "defineWorker({", 3));
  assert.match(shown, /Declares a worker; its handler's events are typed by the schema/);
}
