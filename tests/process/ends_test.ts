import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { stageTest, withFolder } from "../fixtures/process/stage.ts";
import { Program } from "../fixtures/process/program.ts";
import { until } from "../fixtures/until.ts";

const NOWHERE = "amqp://me:sesame@127.0.0.1:1";
const MANY = Array.from({ length: 50 }, (_, n) => ({ n }));

stageTest("--drain ends with 0 when the queue is empty, also when events failed", async (stage) => {
  await stage.worker();
  await stage.publish([{}, { do: "throw", failed_tries: 1 }, { do: "throw" }, {}, { do: 7 }]);
  const { code, stdout } = await stage.drain();
  assert.equal(code, 0);
  assert.deepEqual(stdout, ["done 2, retried 1, failed 2, waiting for retry 1"]);
});

stageTest("--drain takes what its own handlers publish, and waits for what runs", async (stage) => {
  await stage.worker();
  const file = `${stage.folder}/go`;
  await stage.publish([{ do: "wait", file }]);
  const program = stage.consume(["--drain"]);
  await stage.untilWritten("begun", 1);
  await stage.publish([{ n: 1 }, { n: 2 }]);
  await stage.write("go", "");
  const { code, stdout } = await program.end();
  assert.equal(code, 0);
  assert.deepEqual(stdout, ["done 3, retried 0, failed 0, waiting for retry 0"]);
});

stageTest("--drain makes a queue that is not there and ends at once", async (stage) => {
  await stage.worker();
  const { code, stdout } = await stage.drain();
  assert.equal(code, 0);
  assert.deepEqual(stdout, ["done 0, retried 0, failed 0, waiting for retry 0"]);
});

stageTest("--drain that is told to stop says what it has done", async (stage) => {
  await stage.worker();
  const file = `${stage.folder}/go`;
  await stage.publish([{ n: 0 }, { do: "wait", file }, { n: 2 }]);
  const program = stage.consume(["--drain"]);
  await stage.untilWritten("begun", 2);
  program.signal("SIGTERM");
  await program.untilLogged(/^Worker 0 disconnecting/);
  await stage.write("go", "");
  const { code, stdout } = await program.end();
  assert.equal(code, 0);
  assert.deepEqual(stdout, ["done 2, retried 0, failed 0, waiting for retry 0"]);
});

stageTest("--max_events ends after so many events and never runs more", async (stage) => {
  await stage.worker();
  await stage.publish(MANY);
  const { code, stdout } = await stage.consume(["--max_events", "7"]).end();
  assert.equal(code, 0);
  assert.deepEqual(stdout, []);
  assert.deepEqual(stage.ledgerOf("begun", "n"), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(await stage.client.ready(stage.queue), MANY.length - 7);
});

stageTest(
  "--max_events counts events that fail, and holds where several run at once",
  async (stage) => {
    await stage.worker({ concurrency: 4 });
    await stage.publish(MANY.map((event) => ({ ...event, do: "throw" })));
    const { code } = await stage.consume(["--max_events", "6", "--drain"]).end();
    assert.equal(code, 0);
    assert.equal(stage.ledgerOf("begun", "n").length, 6);
    assert.equal(await stage.client.ready(stage.queue), MANY.length - 6);
  },
);

stageTest("--max_seconds ends a process that has nothing to do, with 0", async (stage) => {
  await stage.worker();
  const began = performance.now();
  const { code, stdout } = await stage.consume(["--max_seconds", "1"]).end();
  assert.equal(code, 0);
  assert.deepEqual(stdout, []);
  assert(performance.now() - began > 1000);
});

stageTest("options may be written with a - as well", async (stage) => {
  await stage.worker();
  await stage.publish(MANY);
  const { code } = await stage.run(["--queue", stage.queue, "--max-events=3"]);
  assert.equal(code, 0);
  assert.equal(stage.ledgerOf("done", "n").length, 3);
});

stageTest("--drain ends with 1 when its queue is parked with events in it", async (stage) => {
  await stage.worker({ retries: [1] });
  const { channel } = stage.client;
  await channel.assertQueue(`${stage.queue}.retry.1s`, { arguments: { "x-max-length": 7 } });
  await stage.publish([{ n: 0, do: "throw" }, { n: 1 }]);
  const program = stage.consume(["--drain"]);
  await program.untilLogged(/^Queue .* is parked for 300 s: an event could neither be retried/);
  const { code, stdout } = await program.end();
  assert.equal(code, 1);
  assert.match(stdout[0] ?? "", /^done [01], retried 0, failed 0, waiting for retry 0$/);
  await stage.untilReady(2 - stage.ledgerOf("done", "n").length);
});

stageTest("--drain ends with 1 when the worker of a queue could not be begun", async (stage) => {
  await stage.worker({ setup: `${stage.folder}/never`, setupFails: true });
  await stage.publish([{ n: 0 }]);
  const args = ["--multi_threaded", stage.queue, "noop", "--drain"];
  const { code, stdout } = await stage.run(args, { MAX_RESTARTS: "0" });
  assert.equal(code, 1);
  assert.deepEqual(stdout, ["done 0, retried 0, failed 0, waiting for retry 0"]);
  await stage.untilReady(1);
});

stageTest(
  "what does not heed a stop is handed out again when its process is gone",
  async (stage) => {
    const { queue, folder } = stage;
    await stage.write(
      `workers/${queue}.ts`,
      `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     const wait = async (name) => {
       Deno.writeTextFileSync("${folder}/" + name, "");
       for (;;) {
         try {
           return Deno.statSync("${folder}/go");
         } catch {
           await new Promise((resolve) => setTimeout(resolve, 10));
         }
       }
     };
     export default defineWorker({ queue: "${queue}", event: z.unknown(),
       setup: () => ({ [Symbol.asyncDispose]: () => wait("disposing") }),
       consume: () => wait("begun") });`,
    );
    await stage.publish([{}, {}]);
    const program = stage.consume(["--inline"], { STOP_GRACE_SECONDS: "0" });
    await until("it has begun", () => existsSync(`${folder}/begun`));
    program.signal("SIGTERM");
    await until("it closes what it opened", () => existsSync(`${folder}/disposing`));
    await stage.untilReady(1);
    await stage.write("go", "");
    assert.equal((await program.end()).code, 0);
    await stage.untilReady(2);
  },
);

/** What is typed, and what it is answered with. */
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
  Deno.test(`${args.join(" ")} is answered with ${code}, before anything is made`, async () => {
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

stageTest("a password that RabbitMQ refuses ends the start with 1 at once", async (stage) => {
  await stage.worker();
  const url = stage.url.replace("guest:guest", "guest:sesame");
  const { code, stderr } = await stage.consume([], { AMQP_URL: url }).end();
  assert.equal(code, 1);
  assert.match(
    stderr.at(-1) ?? "",
    /^process-queue: RabbitMQ at .* refused the login of user guest/,
  );
  assert(!stderr.join("\n").includes("sesame"));
});

stageTest(
  "a folder that cannot be written ends the start with 1 and names STATE_DIR",
  async (stage) => {
    await stage.worker();
    const { code, stderr } = await stage.consume([], { STATE_DIR: "/proc/none" }).end();
    assert.equal(code, 1);
    assert.match(
      stderr.join("\n"),
      /^process-queue: .*STATE_DIR: no file can be made in \/proc\/none .*; set it to a folder that/,
    );
  },
);

stageTest("a folder of workers that is not there ends the start with 1", async (stage) => {
  const { code, stderr } = await stage.run(["--all"], { WORKERS_DIR: "/proc/none" });
  assert.equal(code, 1);
  assert.match(
    stderr.join("\n"),
    /^process-queue: .*WORKERS_DIR: the folder \/proc\/none cannot be read .*; set it, or --workers-dir/,
  );
});

stageTest(
  "a setup that throws is logged with its queue and stack, and ends with 1",
  async (stage) => {
    await stage.write(
      `workers/${stage.queue}.ts`,
      `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({ queue: "${stage.queue}", event: z.unknown(), consume() {},
       setup() { throw new Error("no such printer, password=sesame"); } });`,
    );
    const program = stage.consume();
    const { code, stderr } = await program.end();
    assert.equal(code, 1);
    const line = program.log.at(-1);
    assert.equal(line?.message, `Unhandled exception from queue: ${stage.queue}`);
    assert.equal(line?.["level"], "error");
    assert.match(
      JSON.stringify(line?.["error"]),
      /no such printer, password=\*\*\*.*at Object\.setup/,
    );
    assert(!stderr.join("\n").includes("sesame"));
  },
);

stageTest(
  "a resource that is never closed does not keep the process from ending",
  async (stage) => {
    await stage.write(
      `workers/${stage.queue}.ts`,
      `import { defineWorker } from "process-queue/worker";
     import { z } from "zod";
     export default defineWorker({ queue: "${stage.queue}", event: z.unknown(), consume() {},
       setup: () => ({ [Symbol.asyncDispose]: () => new Promise(() => {}) }) });`,
    );
    const program = stage.consume(["--drain"]);
    assert.equal((await program.end()).code, 0);
    assert.match(
      program.log.at(-1)?.message ?? "",
      /^The worker of .* did not close what it opened within 5 s/,
    );
  },
);
