import assert from "node:assert/strict";
import { programTest } from "../fixtures/process/program_fixture.ts";

const MANY = Array.from({ length: 50 }, (_, n) => ({ n }));

programTest(
  "--drain ends with 0 when the queue is empty, also when events failed",
  async (fixture) => {
    await fixture.worker();
    await fixture.publish([{}, { do: "throw", failed_tries: 1 }, { do: "throw" }, {}, { do: 7 }]);
    const { code, stdout } = await fixture.drain();
    assert.equal(code, 0);
    assert.deepEqual(stdout, ["done 2, retried 1, failed 2, waiting for retry 1"]);
  },
);

programTest(
  "--drain takes what its own handlers publish, and waits for what runs",
  async (fixture) => {
    await fixture.worker();
    const file = `${fixture.folder}/go`;
    await fixture.publish([{ do: "wait", file }]);
    const program = fixture.consume(["--drain"]);
    await fixture.untilWritten("started", 1);
    await fixture.publish([{ n: 1 }, { n: 2 }]);
    await fixture.write("go", "");
    const { code, stdout } = await program.end();
    assert.equal(code, 0);
    assert.deepEqual(stdout, ["done 3, retried 0, failed 0, waiting for retry 0"]);
  },
);

programTest("--drain makes a queue that is not there and ends at once", async (fixture) => {
  await fixture.worker();
  const { code, stdout } = await fixture.drain();
  assert.equal(code, 0);
  assert.deepEqual(stdout, ["done 0, retried 0, failed 0, waiting for retry 0"]);
});

programTest("--drain that is stopped says what it has done", async (fixture) => {
  await fixture.worker();
  const file = `${fixture.folder}/go`;
  await fixture.publish([{ n: 0 }, { do: "wait", file }, { n: 2 }]);
  const program = fixture.consume(["--drain"]);
  await fixture.untilWritten("started", 2);
  program.signal("SIGTERM");
  await program.untilLogged(/ha(s|ve) [\d.]+ s to finish/);
  await fixture.write("go", "");
  const { code, stdout } = await program.end();
  assert.equal(code, 0);
  assert.deepEqual(stdout, ["done 2, retried 0, failed 0, waiting for retry 0"]);
});

programTest("--drain ends with 1 when its queue is parked with events in it", async (fixture) => {
  await fixture.worker({ retries: [1] });
  const { channel } = fixture.client;
  await channel.assertQueue(`${fixture.queue}.retry.1s`, { arguments: { "x-max-length": 7 } });
  await fixture.publish([...MANY.map(({ n }) => ({ n, do: "throw" })), { n: -1 }]);
  const program = fixture.consume(["--drain"]);
  await program.untilLogged(/^Queue .* is parked for 300 s: \d+ events could be neither retried/);
  const { code, stdout } = await program.end();
  assert.equal(code, 1);
  assert.match(stdout[0] ?? "", /^done [01], retried 0, failed 0, waiting for retry 0$/);
  await fixture.untilReady(MANY.length + 1 - fixture.ledgerOf("done", "n").length);
});

programTest(
  "--drain ends with 1 when the worker of a queue could not be started",
  async (fixture) => {
    await fixture.worker({ setup: `${fixture.folder}/never`, setupFails: true });
    await fixture.publish([{ n: 0 }]);
    const args = ["--multi_threaded", fixture.queue, "noop", "--drain"];
    const { code, stdout } = await fixture.run(args, { MAX_RESTARTS: "0" });
    assert.equal(code, 1);
    assert.deepEqual(stdout, ["done 0, retried 0, failed 0, waiting for retry 0"]);
    await fixture.untilReady(1);
  },
);

programTest(
  "--drain ends with 1 when an empty queue was never consumed, also with --max_seconds",
  async (fixture) => {
    await fixture.worker({ setup: `${fixture.folder}/never`, setupFails: true });
    await fixture.publish([]);
    const args = ["--multi_threaded", fixture.queue, "noop", "--drain"];
    for (const more of [[], ["--max_seconds", "2"]]) {
      await using program = fixture.start([...args, ...more]);
      assert.equal((await program.end()).code, 1);
      assert.equal(
        program.log.find(({ message }) => message.includes("was not consumed"))?.message,
        `Queue ${fixture.queue} was not consumed: its worker did not start`,
      );
    }
  },
);
