import assert from "node:assert/strict";
import { Program } from "../fixtures/process/program.ts";
import { programTest, withFolder } from "../fixtures/process/program_fixture.ts";

const NOWHERE = "amqp://me:sesame@127.0.0.1:1";

/** Wrong command lines, each with its exit code and message. */
const MISTAKES: readonly [args: string[], code: number, stderr: RegExp][] = [
  [["--queue", "tset"], 2, /^process-queue: there is no queue tset; did you mean test\?\nqueues: /],
  [
    ["--queue", "test", "--max_event", "3"],
    2,
    /^process-queue: there is no option --max_event; did you mean --max_events\?\noptions: /,
  ],
  [["--queue", "test", "--max_events", "0"], 2, /'0' is invalid. It must be a whole number from 1/],
  [["--queue", "test", "--all"], 2, /^process-queue: --queue_name and --all cannot be combined/],
  [
    ["--multi_threaded", "test", "--worker_num", "1"],
    2,
    /^process-queue: --worker_num needs --queue_name/,
  ],
  [["--drain"], 2, /^process-queue: nothing to do: name a queue with --queue_name/],
  [["--all", "--max_events", "1"], 2, /^process-queue: --max_events needs --queue_name/],
];

for (const [args, code, stderr] of MISTAKES) {
  Deno.test(`${args.join(" ")} ends with ${code} before anything is made`, async () => {
    await withFolder(async (cwd) => {
      await using program = Program.start(args, { cwd, env: { AMQP_URL: NOWHERE } });
      const ended = await program.end();
      assert.deepEqual([ended.code, ended.stdout], [code, []]);
      assert.match(ended.stderr.join("\n"), stderr);
      assert.deepEqual([...Deno.readDirSync(cwd)], []);
    });
  });
}

Deno.test("a worker refuses to run without RabbitMQ in Zulip's words", async () => {
  await withFolder(async (cwd) => {
    const env = { AMQP_URL: NOWHERE, USING_RABBITMQ: "false" };
    await using program = Program.start(["--queue", "noop"], { cwd, env });
    const { code, stderr } = await program.end();
    assert.equal(code, 1);
    assert.equal(
      stderr.at(-1),
      "process-queue: Cannot run a queue processor when USING_RABBITMQ is False!",
    );
  });
});

Deno.test("a broker that is not there ends the start with 1 after BROKER_WAIT_SECONDS", async () => {
  await withFolder(async (cwd) => {
    const env = { BROKER_WAIT_SECONDS: "1" };
    const args = ["--queue", "noop", "--amqp_url", NOWHERE];
    await using program = Program.start(args, { cwd, env });
    const { code, stderr } = await program.end();
    assert.equal(code, 1);
    assert.match(stderr[0] ?? "", /^process-queue: --amqp_url holds a password/);
    assert.match(
      stderr.at(-1) ?? "",
      /^process-queue: RabbitMQ at 127\.0\.0\.1:1 cannot be reached/,
    );
    assert(!stderr.join("\n").includes("sesame"));
  });
});

programTest("a password that RabbitMQ refuses ends the start with 1 at once", async (fixture) => {
  await fixture.worker();
  const url = fixture.url.replace("guest:guest", "guest:sesame");
  const { code, stderr } = await fixture.consume([], { AMQP_URL: url }).end();
  assert.equal(code, 1);
  assert.match(
    stderr.at(-1) ?? "",
    /^process-queue: RabbitMQ at .* refused the login of user guest/,
  );
  assert(!stderr.join("\n").includes("sesame"));
});

programTest(
  "a folder that cannot be written ends the start with 1 and names STATE_DIR",
  async (fixture) => {
    await fixture.worker();
    const { code, stderr } = await fixture.consume([], { STATE_DIR: "/proc/none" }).end();
    assert.equal(code, 1);
    assert.match(
      stderr.join("\n"),
      /^process-queue: .*STATE_DIR: no file can be made in \/proc\/none .*; set it to a folder that/,
    );
  },
);

programTest("a folder of workers that is not there ends the start with 1", async (fixture) => {
  const { code, stderr } = await fixture.run(["--all"], { WORKERS_DIR: "/proc/none" });
  assert.equal(code, 1);
  assert.match(
    stderr.join("\n"),
    /^process-queue: .*WORKERS_DIR: the folder \/proc\/none cannot be read .*; set it, or --workers-dir/,
  );
});

programTest(
  "a setup that throws is one line with the place in the worker, and ends with 1",
  async (fixture) => {
    await fixture.write(
      `workers/${fixture.queue}.ts`,
      `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({ queue: "${fixture.queue}", event: z.unknown(), consume() {},
       setup() { throw new Error("no such printer, password=sesame"); } });`,
    );
    const program = fixture.consume();
    const { code, stderr } = await program.end();
    assert.equal(code, 1);
    const line = program.log.at(-1);
    assert.deepEqual([line?.["level"], line?.["queue"]], ["error", fixture.queue]);
    const place = `(${fixture.folder}/workers/${fixture.queue}.ts:4:24)`;
    const said = `The setup of ${fixture.queue} threw: Error: no such printer, password=*** `;
    assert.equal(line?.message, said + place);
    assert(!/sesame|Object\.setup/.test(stderr.join("\n")), stderr.join("\n"));
    const debug = fixture.consume(["--log-level", "debug"]);
    await debug.end();
    assert.match(JSON.stringify(debug.log.at(-1)), /at Object\.setup/);
  },
);
