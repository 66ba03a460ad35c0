import assert from "node:assert/strict";
import { programTest } from "../fixtures/process/program_fixture.ts";

const MANY = Array.from({ length: 50 }, (_, n) => ({ n }));

programTest(
  "--max_events ends after that number of events and never runs more",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish(MANY);
    const { code, stdout } = await fixture.consume(["--max_events", "7"]).end();
    assert.equal(code, 0);
    assert.deepEqual(stdout, []);
    assert.deepEqual(fixture.ledgerOf("started", "n"), [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(await fixture.client.ready(fixture.queue), MANY.length - 7);
  },
);

programTest(
  "--max_events counts events that fail, and holds where several run at once",
  async (fixture) => {
    await fixture.worker({ concurrency: 4 });
    await fixture.publish(MANY.map((event) => ({ ...event, do: "throw" })));
    const { code } = await fixture.consume(["--max_events", "6", "--drain"]).end();
    assert.equal(code, 0);
    assert.equal(fixture.ledgerOf("started", "n").length, 6);
    assert.equal(await fixture.client.ready(fixture.queue), MANY.length - 6);
  },
);

programTest("--max_seconds ends a process that has nothing to do, with 0", async (fixture) => {
  await fixture.worker();
  const began = performance.now();
  const { code, stdout } = await fixture.consume(["--max_seconds", "1"]).end();
  assert.equal(code, 0);
  assert.deepEqual(stdout, []);
  assert(performance.now() - began > 1000);
});

programTest("options may be written with a - as well", async (fixture) => {
  await fixture.worker();
  await fixture.publish(MANY);
  const { code } = await fixture.run(["--queue", fixture.queue, "--max-events=3"]);
  assert.equal(code, 0);
  assert.equal(fixture.ledgerOf("done", "n").length, 3);
});

programTest(
  "a resource that is never closed does not keep the process from ending",
  async (fixture) => {
    await fixture.write(
      `workers/${fixture.queue}.ts`,
      `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({ queue: "${fixture.queue}", event: z.unknown(), consume() {},
       setup: () => ({ [Symbol.asyncDispose]: () => new Promise(() => {}) }) });`,
    );
    const program = fixture.consume(["--drain"]);
    assert.equal((await program.end()).code, 0);
    assert.match(
      program.log.at(-1)?.message ?? "",
      /^The worker of .* did not close what it opened within 5 s/,
    );
  },
);
