/** A worker that changes the working folder, and one that must not be affected. */
import assert from "node:assert/strict";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const WANDERER = `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({
    queue: "wanderer",
    event: z.object({}),
    consume(_event, ctx) {
      Deno.chdir("elsewhere");
      ctx.log.info("Gone to {folder}", { folder: Deno.cwd() });
    },
  });`;

Deno.test("a worker that changes the working folder moves no file of the program's", async () => {
  await withFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/workers`);
    await Deno.mkdir(`${cwd}/elsewhere`);
    await Deno.writeTextFile(`${cwd}/workers/wanderer.ts`, WANDERER);
    const env = { WORKERS_DIR: "workers", ZULIP_WORKER_TEST_FILE: "test-file" };
    const publish = async (queue: string, event: string) => {
      await using publisher = Program.start(["publish", queue, event], { cwd, env });
      assert.equal((await publisher.end()).code, 0);
    };
    const args = ["--multi_threaded", "wanderer", "test"];
    await using program = Program.start(args, { cwd, env: { ...env, LOG_LEVEL: "debug" } });
    await publish("wanderer", "{}");
    await program.untilLogged(/^Gone to .*elsewhere$/);
    await publish("test", '{"n": 1}');
    await program.untilLogged(/^Processed an event of queue test$/);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert.deepEqual([...Deno.readDirSync(`${cwd}/elsewhere`)], []);
    assert.match(await Deno.readTextFile(`${cwd}/test-file`), /"n":\s*1/);
    assert((await Deno.stat(`${cwd}/var/stats/test.stats`)).isFile);
  });
});
