import assert from "node:assert/strict";
import { assertNestedRuns, writeNested } from "../fixtures/process/nested.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const QUEUE = ["--queue_name", "nested"];

Deno.test("the program runs and ends a thread of a worker's own", async () => {
  await withFolder(async (cwd) => {
    await writeNested(`${cwd}/workers`);
    const env = { WORKERS_DIR: "workers" };
    const publish = async (event: string) => {
      await using publisher = Program.start(["publish", "nested", event], { cwd, env });
      assert.equal((await publisher.end()).code, 0);
    };
    await using program = Program.start(QUEUE, { cwd, env });
    await assertNestedRuns(program, publish);
  });
});

Deno.test("with --inline, a worker's thread runs, and the program ends though it loops", async () => {
  await withFolder(async (cwd) => {
    await writeNested(`${cwd}/workers`);
    const env = { WORKERS_DIR: "workers" };
    await using publisher = Program.start(["publish", "nested", '{"do": "loop"}'], { cwd, env });
    assert.equal((await publisher.end()).code, 0);
    await using program = Program.start([...QUEUE, "--inline"], { cwd, env });
    await program.untilLogged(/ loops$/);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
  });
});
