/**
 * Workers that require settings which are not set.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

/** Starts the program in a folder with the worker `mail`. */
function starter(folder: string): (...args: string[]) => Program {
  const env = { STATE_DIR: `${folder}/state`, WORKERS_DIR: folder, BROKER: "embedded" };
  Deno.writeTextFileSync(
    `${folder}/mail.ts`,
    `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({
       queue: "mail", event: z.unknown(), requires: ["EMAIL_HOST"], consume() {},
       setup() { console.log("set up"); },
     });`,
  );
  return (...args) => Program.start(args, { cwd: folder, env });
}

const REFUSED =
  "process-queue: the configuration has a problem: EMAIL_HOST: it is not set, and the " +
  "worker of mail requires it; set it, or do not run this queue";

for (
  const args of [
    ["--queue_name", "mail"],
    ["--queue_name", "mail", "--inline"],
    ["--multi_threaded", "mail", "noop"],
  ]
) {
  Deno.test(`${args.join(" ")} ends with 1 for want of a setting`, async () => {
    await withFolder(async (folder) => {
      await using program = starter(folder)(...args);
      const { code, stdout, stderr } = await program.end();
      assert.deepEqual([code, stdout], [1, []]);
      assert.equal(stderr.at(-1), REFUSED);
    });
  });
}

Deno.test("--all leaves a queue out for want of a setting, and runs the others", async () => {
  await withFolder(async (folder) => {
    const start = starter(folder);
    for (const text of ["1", "2"]) {
      await using published = start("publish", "mail", `{"a":${text}}`);
      assert.equal((await published.end()).code, 0);
    }
    await using program = start("--all");
    const line = await program.untilLogged(/^Queue mail is left out/);
    assert.equal(line.message, "Queue mail is left out: EMAIL_HOST is not set (2 events wait)");
    assert.deepEqual([line["level"], line["queue"]], ["warning", "mail"]);
    await program.untilLogged(/^\d+ queue worker threads were launched$/);
    assert(!program.log.some(({ message }) => /launching queue worker thread mail/.test(message)));
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.deepEqual(program.stdout, []);
  });
});
