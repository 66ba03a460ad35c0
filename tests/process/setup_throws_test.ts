/** Several queues, of which one has a worker whose `setup` throws. */
import assert from "node:assert/strict";
import { type ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";

async function makeFailing(fixture: ProgramFixture): Promise<string[]> {
  await fixture.worker({ setup: `${fixture.folder}/never`, setupFails: true });
  return ["--multi_threaded", fixture.queue, "noop"];
}

programTest("a worker whose setup throws is not counted as launched", async (fixture) => {
  const program = fixture.start(await makeFailing(fixture));
  await program.untilLogged(/^1 queue worker threads were launched$/);
  program.signal("SIGTERM");
  assert.equal((await program.end()).code, 0);
});

programTest("--max_seconds ends with 1 when the setup of a worker throws", async (fixture) => {
  const args = await makeFailing(fixture);
  for (let seconds = 1;; seconds *= 2) {
    await using program = fixture.start([...args, "--max_seconds", `${seconds}`]);
    const { code } = await program.end();
    const has = (text: string) => program.log.some(({ message }) => message.includes(text));
    // A slow machine comes to the end before.
    if (!has("The worker of")) continue;
    assert.equal(code, 1);
    assert(has(`Queue ${fixture.queue} was not consumed: its worker did not start`));
    return;
  }
});
