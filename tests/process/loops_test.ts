/**
 * Loops in the real program, in a thread and in the main thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ProgramFixture, programTest } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

/** Writes a worker with a loop; `pass` is the body of a pass, which has `signal` and `count`. */
async function looping(fixture: ProgramFixture, pass: string): Promise<void> {
  const { queue } = fixture;
  await fixture.write(
    `workers/${queue}.ts`,
    `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     let count = 0;
     const aborted = (signal) => new Promise((_, reject) => {
       signal.addEventListener("abort", () => reject(signal.reason));
     });
     export default defineWorker({
       queue: "${queue}", event: z.unknown(), consume() {},
       setup(ctx) {
         ctx.loop({ name: "tidy", everySeconds: 0.05, maxSeconds: 1, async run(signal) {
           count++;
           ${pass}
         } });
       }
     });`,
  );
}

const MODES: readonly [mode: string, args: readonly string[]][] = [
  ["a thread", []],
  ["the main thread", ["--inline"]],
];

for (const [mode, args] of MODES) {
  programTest(`SIGUSR2 says how the last pass of a loop ended (in ${mode})`, async (fixture) => {
    await looping(fixture, `ctx.log.info("pass"); throw new Error("no disk, password=sesame");`);
    await fixture.publish([{}]);
    const program = fixture.consume(args);
    const failed = await program.untilLogged(
      /^The loop tidy of .* failed, and is tried again in 0.05 s: Error: no disk/,
    );
    assert.match(failed.message, /: no disk, password=\*\*\*$/);
    await until("it has failed again", () => {
      return program.log.filter(({ message }) => message === "pass").length >= 3;
    });
    program.signal("SIGUSR2");
    const status = await program.untilLogged(/^Status of queue/);
    const { tidy } = status["loops"] as { tidy: Record<string, unknown> };
    assert(Date.parse(String(tidy["last_pass"])) > Date.now() - 60_000);
    assert(Number(tidy["failures"]) >= 2);
    assert.equal(tidy["error"], "Error: no disk, password=***");
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    const lines = program.log.filter(({ message }) => message.startsWith("The loop tidy"));
    assert.equal(lines.length, 1);
  });

  programTest(`SIGTERM aborts the pass of a loop at once (in ${mode})`, async (fixture) => {
    await looping(
      fixture,
      `ctx.log.info("pass");
       await aborted(signal).catch(() => {});
       await new Promise((resolve) => setTimeout(resolve, 100));
       ctx.log.info("saved");`,
    );
    await fixture.publish([{}]);
    const program = fixture.consume(args, { STOP_GRACE_SECONDS: "3600" });
    await program.untilLogged(/^pass$/);
    program.signal("SIGTERM");
    assert.equal((await program.end()).code, 0);
    assert(program.log.some(({ message }) => message === "saved"));
  });
}

programTest("with --inline, a pass that hangs has the process restarted", async (fixture) => {
  await looping(fixture, `await new Promise(() => {});`);
  await fixture.publish([{}]);
  const program = fixture.consume(["--inline"], { ABORT_GRACE_SECONDS: "0" });
  await program.untilLogged(
    /^The loop tidy of .* did not return when it was aborted after 1 seconds: the process is/,
  );
  assert.equal((await program.end()).code, 3);
});
