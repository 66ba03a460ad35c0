import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { programTest, withFolder } from "../fixtures/process/program_fixture.ts";
import { Program } from "../fixtures/process/program.ts";
import { until } from "../fixtures/until.ts";

const NOWHERE = "amqp://me:sesame@127.0.0.1:1";
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

programTest(
  "an event whose handler ignores a stop is redelivered when its process is gone",
  async (fixture) => {
    const { queue, folder } = fixture;
    await fixture.write(
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
       consume: () => wait("started") });`,
    );
    await fixture.publish([{}, {}]);
    const program = fixture.consume(["--inline"], { STOP_GRACE_SECONDS: "0" });
    await until("it has started", () => existsSync(`${folder}/started`));
    program.signal("SIGTERM");
    await until("it closes what it opened", () => existsSync(`${folder}/disposing`));
    await fixture.untilReady(1);
    await fixture.write("go", "");
    assert.equal((await program.end()).code, 0);
    await fixture.untilReady(2);
  },
);

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
