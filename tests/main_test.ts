import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { VERSION } from "../lib/system/version.ts";
import { rabbitmqTest, uniqueQueue } from "./servers.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in an empty folder, with nothing in its environment but what is given. */
async function run(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Ran> {
  const folder = await Deno.makeTempDir();
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, ...args],
      cwd: folder,
      clearEnv: true,
      env: { ...inherited(), NO_COLOR: "1", ...environment },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
    const { code, stdout, stderr } = await output;
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What Deno needs to find its cache. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

const NOWHERE = "amqp://me:sesame@127.0.0.1:1";

Deno.test("main prints the version to stdout", async () => {
  assert.deepEqual(await run(["--version"]), {
    code: 0,
    stdout: `process-queue ${VERSION}\n`,
    stderr: "",
  });
});

Deno.test("a check that fails is UNKNOWN, wherever the word stands", async () => {
  const { code, stderr } = await run(["--log-level", "debug", "check"], { QUEUE_TYPE: "clasic" });
  assert.equal(code, 3);
  assert.match(stderr, /QUEUE_TYPE: "clasic" is not valid/);
});

const MISTAKES: readonly [args: string[], stderr: RegExp][] = [
  [
    [],
    /^process-queue: nothing to do: name a queue with --queue_name, several with --multi_threaded, run all with --all, or give a command, which process-queue --help lists\nqueues: .*\bnoop, noop_batch, .*\btest, .*\buser_activity.*\na worker of your own is /,
  ],
  [
    ["--workers-dir", "/nonexistent"],
    /^process-queue: nothing to do: .*\nqueues: .*\n.*\nThe workers' folder \/nonexistent cannot/,
  ],
  [
    ["--multi_threaded", "test", "nop"],
    /^process-queue: there is no queue nop; did you mean noop\?\nqueues: /,
  ],
  [
    ["--queue", "user_activty"],
    /^process-queue: there is no queue user_activty; did you mean user_activity\?\nqueues: /,
  ],
  [
    ["publish", "nop", "{}"],
    /^process-queue: there is no queue nop; did you mean noop\?\nqueues: /,
  ],
  [["failed", "list", "nop"], /^process-queue: there is no queue nop; did you mean noop\?/],
];

for (const [args, stderr] of MISTAKES) {
  Deno.test(`main answers 2 to "${args.join(" ")}"`, async () => {
    const ran = await run(args);
    assert.deepEqual([ran.code, ran.stdout], [2, ""]);
    assert.match(ran.stderr, stderr);
  });
}

Deno.test("main reports every problem of the configuration, and answers 1", async () => {
  const ran = await run(["publish", "noop", "{}"], {
    AMQP_URL: "http://me:sesame@rabbit",
    QUEUE_TYPE: "clasic",
  });
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /^process-queue: the configuration has 2 problems:\n {2}AMQP_URL: /);
  assert.match(ran.stderr, /\n {2}QUEUE_TYPE: "clasic" is not valid; set it to classic or quorum/);
  assert(!ran.stderr.includes("sesame"));
});

/** Wrong at every stage: read alone, by the queues there are, by the files that are there. */
const WRONG = {
  AMQP_URL: "amqps://me:sesame@127.0.0.1:1",
  AMQP_CA_FILE: "gone.pem",
  QUEUE_TYPE: "clasic",
  PQ_NOPE_PREFETCH: "3",
};

const STAGES: readonly [args: string[], more: string[]][] = [
  [["--queue", "noop"], ["STATE_DIR"]],
  [["publish", "noop", "{}"], []],
];

for (const [args, more] of STAGES) {
  Deno.test(`main reports what is wrong at every stage at once, to "${args[0]}"`, async () => {
    const ran = await run(args, { ...WRONG, STATE_DIR: "/proc/none" });
    assert.equal(ran.code, 1);
    const [head, ...lines] = ran.stderr.trimEnd().split("\n");
    assert.equal(head, `process-queue: the configuration has ${lines.length} problems:`);
    assert.deepEqual(
      lines.map((line) => line.trim().split(":")[0]).sort(),
      ["AMQP_CA_FILE", "PQ_NOPE_PREFETCH", "QUEUE_TYPE", ...more],
    );
  });
}

Deno.test("main names the setting for whose sake a queue is not known", async () => {
  const args = ["--queue", "user_activity_shard2"];
  const ran = await run(args, { PQ_USER_ACTIVITY_SHARDS: "four" });
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /^process-queue: .*PQ_USER_ACTIVITY_SHARDS: "four" is not valid/);
});

Deno.test("check-config prints settings and problems where some are wrong", async () => {
  const ran = await run(["check-config"], { ...WRONG, LOG_LEVEL: "debug" });
  assert.equal(ran.code, 1);
  assert.match(ran.stdout, /^AMQP_URL=amqps:\/\/me:\*\*\*@127.* environment$/m);
  assert.match(ran.stdout, /^LOG_LEVEL=debug +environment$/m);
  assert.match(ran.stdout, /^settings: QUEUE_TYPE: .*\nPQ_NOPE_PREFETCH: /m);
  assert.match(ran.stdout, /^broker: .*AMQP_CA_FILE: .*gone\.pem cannot be read/m);
  assert.match(ran.stdout, /^database: ok$/m);
  assert(!ran.stdout.includes("sesame"));
});

Deno.test("main refuses to run without RabbitMQ in Zulip's words", async () => {
  const ran = await run(["publish", "noop", "{}"], { USING_RABBITMQ: "false" });
  assert.deepEqual(ran, {
    code: 1,
    stdout: "",
    stderr: "process-queue: Cannot run a queue processor when USING_RABBITMQ is False!\n",
  });
});

Deno.test("main uses the embedded broker where none is configured", async () => {
  const ran = await run(["publish", "noop", "{}"]);
  assert.equal(ran.code, 0);
  assert.match(ran.stdout, /^published 1 event to noop, in the embedded broker in .+\n$/);
});

Deno.test("main warns of a password on the command line, and shows it nowhere", async () => {
  const ran = await run(["check-config", "--amqp_url", NOWHERE]);
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /^process-queue: --amqp_url holds a password/);
  assert.match(ran.stdout, /^AMQP_URL=amqp:\/\/me:\*\*\*@127\.0\.0\.1:1 +--amqp_url$/m);
  assert.match(ran.stdout, /\nbroker: RabbitMQ at 127\.0\.0\.1:1 cannot be reached/);
  assert.match(ran.stdout, /\ndatabase: ok\n$/);
  assert(!`${ran.stdout}${ran.stderr}`.includes("sesame"));
});

Deno.test("main tells of a folder of workers that cannot be read", async () => {
  const option = await run(["publish", "noop", "{}", "--workers-dir", "/nonexistent"]);
  assert.equal(option.code, 2);
  assert.match(
    option.stderr,
    /^process-queue: .*: --workers-dir: the folder \/nonexistent cannot be read .*; set it to the/,
  );
  const variable = await run(["publish", "nooop", "{}"], { WORKERS_DIR: "/nonexistent" });
  assert.equal(variable.code, 2);
  assert.match(
    variable.stderr,
    /^process-queue: The workers' folder \/nonexistent cannot be read: .*\nprocess-queue: there is no/,
  );
});

rabbitmqTest("main publishes, lists what failed, and moves it back", async ({ url }) => {
  const queue = uniqueQueue("events");
  const environment = { AMQP_URL: url };
  const workers = await Deno.makeTempDir();
  try {
    const source = `import { defineWorker } from "process-queue/worker";
      import { z } from "zod";
      export default defineWorker({ queue: "${queue}", event: z.unknown(), consume() {} });`;
    await Deno.writeTextFile(`${workers}/${queue}.ts`, source);
    const pq = (args: string[], input?: string) =>
      run([...args, "--workers-dir", workers], environment, input);
    const published = await pq(["publish", queue], '{"id":1}\n{"id":2}\noops\n{"id":3}\n');
    assert.deepEqual(published, {
      code: 1,
      stdout: "",
      stderr: "process-queue: line 3: not JSON: Unexpected token 'o'\n" +
        `published 2 events to ${queue} before that\n`,
    });
    const given = await pq(["publish", `${queue}.failed`, "--any-queue", '{"id":9}']);
    assert.deepEqual(given, {
      code: 0,
      stdout: `published 1 event to ${queue}.failed\n`,
      stderr: "",
    });
    const listed = await pq(["failed", "list", queue, "--json"]);
    assert.equal(JSON.parse(listed.stdout).body, '{"id":9}');
    const refused = await pq(["failed", "retry", queue]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /\.failed has 1 event: say which to put back, with --all or with/);
    const moved = await pq(["failed", "retry", queue, "--all", "--yes"]);
    assert.equal(moved.stdout, `1 of 1 event put back into ${queue}; 0 left\n`);
    const checked = await pq(["check-config"]);
    assert.equal(checked.code, 0, checked.stdout);
    assert.match(
      checked.stdout,
      /\nbroker: ok \(RabbitMQ at 127\.0\.0\.1:\d+, virtual host \/\)\n/,
    );
  } finally {
    await Deno.remove(workers, { recursive: true });
  }
});
