import assert from "node:assert/strict";
import { discover } from "../../lib/engine/host/discovery.ts";
import { join } from "node:path";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import { type Config, loadConfig } from "../../lib/config/config.ts";
import { IsolationTurns } from "../../lib/engine/consumer/suspects/turns.ts";
import type { Report } from "../../lib/engine/report.ts";
import {
  consumedQueue,
  getActiveWorkerQueues,
  getWorker,
  getWorkerQueues,
  queuesOf,
  workerQueueOf,
} from "../../lib/engine/registry.ts";
import { Conditions } from "../fixtures/executor.ts";

/** A folder of the user's workers and a state folder, removed at the end. */
function folderWith(files: Readonly<Record<string, string>> = {}, environment = {}) {
  const dir = Deno.makeTempDirSync({ prefix: "pq-registry-" });
  const workersDir = join(dir, "workers");
  Deno.mkdirSync(workersDir);
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(join(workersDir, name), text);
  }
  const config = loadConfig({
    STATE_DIR: join(dir, "var"),
    WORKERS_DIR: workersDir,
    ZULIP_WORKER_TEST_FILE: join(dir, "test-file"),
    ...environment,
  });
  return { dir, config, [Symbol.dispose]: () => Deno.removeSync(dir, { recursive: true }) };
}

const worker = (queue: string, more = "consume() {}") => `
  import { defineWorker } from "process-queue/worker";
  import { z } from "zod";
  export default defineWorker({ queue: "${queue}", event: z.unknown(), ${more} });
`;

async function active(config: Config, onlyTestQueues?: boolean) {
  const problems: string[] = [];
  const names = await getActiveWorkerQueues({
    config,
    ...(onlyTestQueues === undefined ? {} : { onlyTestQueues }),
    onProblem: ({ message }) => problems.push(message),
  });
  return { names, problems };
}

Deno.test("getActiveWorkerQueues leaves the test queues out", async () => {
  using here = folderWith({ "mine.ts": worker("mine") });
  const { names, problems } = await active(here.config);
  assert.deepEqual(problems, []);
  assert(names.includes("mine") && names.includes("user_activity"));
  for (const name of ["test", "noop", "noop_batch"]) assert(!names.includes(name), name);
});

Deno.test("getActiveWorkerQueues gives only the test queues when asked for them", async () => {
  using here = folderWith({
    "mine.ts": worker("mine"),
    "my_trial.ts": worker("my_trial", "isTestQueue: true, consume() {}"),
  });
  const { names } = await active(here.config, true);
  assert.deepEqual(names, ["my_trial", "noop", "noop_batch", "test"]);
});

Deno.test("getActiveWorkerQueues leaves out what this configuration does not enable", async () => {
  const enabled = "enabled: (config) => config.stopGraceSeconds === 7, consume() {}";
  const files = { "mine.ts": worker("mine", enabled) };
  using off = folderWith(files);
  assert(!(await active(off.config)).names.includes("mine"));
  using on = folderWith(files, { STOP_GRACE_SECONDS: "7" });
  assert((await active(on.config)).names.includes("mine"));
});

Deno.test("getActiveWorkerQueues reports files that are no workers, and goes on", async () => {
  using here = folderWith({
    "broken.ts": "export default {",
    "good.ts": worker("good"),
    "other.ts": worker("another"),
    "picky.ts": worker("picky", "enabled() { throw new TypeError('no realm'); }, consume() {}"),
    "test.ts": worker("test"),
  });
  const { names, problems } = await active(here.config);
  assert(names.includes("good") && names.includes("user_activity"));
  for (const name of ["broken", "other", "another", "picky"]) assert(!names.includes(name), name);
  const file = (name: string) => join(here.dir, "workers", name);
  assert.equal(problems.length, 4);
  assert(problems.some((text) => text.startsWith(`${file("broken.ts")} does not load: `)));
  assert(
    problems.some((text) => text.startsWith(`${file("other.ts")} declares the queue another`)),
  );
  assert(
    problems.some((text) => text.startsWith(`${file("test.ts")} is ignored: the queue test`)),
  );
  assert(
    problems.includes(
      `${file("picky.ts")} has a function enabled that threw TypeError: no realm`,
    ),
  );
});

Deno.test("getActiveWorkerQueues goes on when the user's folder cannot be read", async () => {
  using here = folderWith({}, { WORKERS_DIR: "/nowhere/at/all" });
  const { names, problems } = await active(here.config);
  assert(names.includes("user_activity"));
  assert.match(problems.join(), /^The workers' folder \/nowhere\/at\/all cannot be read: /);
});

Deno.test("getActiveWorkerQueues loads no worker when the settings say what each is", async () => {
  using here = folderWith({
    "broken.ts": "globalThis.loadedByMistake = true; throw new Error('loaded');",
    "mine.ts": worker("mine"),
  });
  const asked: string[] = [];
  const names = await getActiveWorkerQueues({
    config: here.config,
    ask: ({ name }) => {
      asked.push(name);
      return Promise.resolve(name === "mine" ? "active" : name === "noop" ? "test" : "disabled");
    },
  });
  assert.deepEqual(names, ["mine"]);
  const builtIn = discover().files.map(({ name }) => name);
  assert.deepEqual(asked, ["broken", "mine", ...builtIn].sort());
  assert(!("loadedByMistake" in globalThis));
});

Deno.test("getWorkerQueues names each shard, and loads no worker", () => {
  using here = folderWith({ "mine.ts": "throw new Error('loaded');" }, { MINE_SHARDS: "2" });
  const mine = getWorkerQueues(here.config).filter(({ worker }) => worker === "mine");
  assert.deepEqual(mine, [
    { worker: "mine", queue: "mine_shard1", workerNum: 1 },
    { worker: "mine", queue: "mine_shard2", workerNum: 2 },
  ]);
});

Deno.test("a shard may be named as it is called at the broker", () => {
  using here = folderWith({ "mine.ts": worker("mine") }, { MINE_SHARDS: "2" });
  const second = { worker: "mine", queue: "mine_shard2", workerNum: 2 };
  assert.deepEqual(workerQueueOf("mine_shard2", 0, here.config), second);
  assert.deepEqual(queuesOf("mine_shard2", here.config), [second]);
  assert.equal(queuesOf("mine", here.config).length, 2);
  assert.throws(() => queuesOf("mine_shard3", here.config), { name: "UsageError" });
});

const SHARDS: readonly [shards: string, workerNum: number, expected: string][] = [
  ["", 0, "user_activity"],
  ["", 7, "user_activity"],
  ["1", 0, "user_activity"],
  ["3", 1, "user_activity_shard1"],
  ["3", 3, "user_activity_shard3"],
];

for (const [shards, workerNum, expected] of SHARDS) {
  Deno.test(`consumedQueue is ${expected} for worker ${workerNum} of ${shards || "no"} shards`, () => {
    using here = folderWith({}, shards === "" ? {} : { USER_ACTIVITY_SHARDS: shards });
    assert.equal(consumedQueue("user_activity", workerNum, here.config), expected);
  });
}

for (const workerNum of [0, 4, -1]) {
  Deno.test(`consumedQueue says that worker ${workerNum} of 3 shards names none`, () => {
    using here = folderWith({}, { USER_ACTIVITY_SHARDS: "3" });
    assert.throws(() => consumedQueue("user_activity", workerNum, here.config), {
      name: "UsageError",
      message: "user_activity has 3 shards, so --worker_num names the shard to consume, " +
        `from 1 to 3, and it is ${workerNum}`,
    });
  });
}

/** A broker in memory, and everything that a worker needs to run on it. */
function running(config: Config) {
  const broker = new MemoryBroker();
  const conditions = new Conditions();
  const reports: Report[] = [];
  const report = (report: Report) => {
    reports.push(report);
    conditions.changed();
  };
  const settled = (count: number) =>
    conditions.until(
      `${count} settled`,
      () => reports.filter(({ kind }) => kind === "settled").length >= count,
    );
  return {
    broker,
    reports,
    settled,
    options: { broker, report, config, turns: new IsolationTurns(), inline: true as const },
  };
}

Deno.test("getWorker names the nearest queue when there is none of that name", async () => {
  using here = folderWith({ "mine.ts": worker("mine") });
  const { options } = running(here.config);
  await assert.rejects(getWorker("user_activty", options), {
    name: "UsageError",
    message: /^there is no queue user_activty.*user_activity.*\nqueues: .*\bmine, .*\bnoop\b/,
  });
});

Deno.test("getWorker says why a queue is unknown when its folder cannot be read", async () => {
  using here = folderWith({}, { WORKERS_DIR: "/nowhere/at/all" });
  const { options } = running(here.config);
  await assert.rejects(getWorker("mine", options), {
    name: "UsageError",
    message: /^there is no queue mine[^]*\nThe workers' folder \/nowhere\/at\/all cannot be read: /,
  });
});

Deno.test("getWorker refuses a file that is no worker", async () => {
  using here = folderWith({ "mine.ts": "export default {};" });
  const { options } = running(here.config);
  await assert.rejects(getWorker("mine", options), { name: "WorkerDeclarationError" });
});

Deno.test("getWorker says which number of a worker cannot be, and in which file", async () => {
  using here = folderWith({ "mine.ts": worker("mine", "prefetch: 0, consume() {}") });
  const { options } = running(here.config);
  await assert.rejects(getWorker("mine", options), {
    name: "WorkerDeclarationError",
    message: `${join(here.dir, "workers", "mine.ts")}: ` +
      "The worker of mine has prefetch 0: it must be a whole number from 1 to 65535",
  });
});

Deno.test("getWorker says which secret of a worker reaches nothing, and in which file", async () => {
  const source = 'event: z.object({ to_email: z.string() }), secrets: ["to_emial"], consume() {}';
  using here = folderWith({ "mine.ts": worker("mine", source) });
  const { options } = running(here.config);
  await assert.rejects(getWorker("mine", options), {
    name: "WorkerDeclarationError",
    message: `${join(here.dir, "workers", "mine.ts")}: The worker of mine has the path to_emial ` +
      "in its secrets, which reaches nothing in its schema; did you mean to_email?",
  });
});

const BATCHED = "batch: { size: 5, seconds: 1 }, consumeBatch() {}";

for (
  const [setting, source, why] of [
    ["CONCURRENCY", BATCHED, "takes batches, which run one after another"],
    ["BATCH_SIZE", "consume() {}", "takes its events one by one"],
  ] as const
) {
  Deno.test(`getWorker names PQ_MINE_${setting} where the worker has no use for it`, async () => {
    using here = folderWith({ "mine.ts": worker("mine", source) }, {
      [`PQ_MINE_${setting}`]: "3",
    });
    const { options } = running(here.config);
    await assert.rejects(getWorker("mine", options), {
      name: "WorkerDeclarationError",
      message: `PQ_MINE_${setting} is 3, but the worker of mine ${why}: remove the setting`,
    });
  });
}

Deno.test("a worker is set up, runs until it is stopped, and closes what it opened", async () => {
  const more = `
    async setup(ctx) {
      await Deno.writeTextFile(ctx.config.testFile, ctx.queue + " opened;");
      return {
        async [Symbol.asyncDispose]() {
          await Deno.writeTextFile(ctx.config.testFile, " closed", { append: true });
        },
      };
    },
    async consume(event, ctx) {
      await Deno.writeTextFile(ctx.config.testFile, " " + event.n, { append: true });
    }`;
  using here = folderWith({ "mine.ts": worker("mine", more) });
  const { broker, options, settled } = running(here.config);
  await using _broker = broker;
  await broker.declare("mine");
  for (const n of [1, 2]) await broker.publish("mine", JSON.stringify({ n }));
  const mine = await getWorker("mine", options);
  await mine.setup();
  const ended = mine.start();
  await settled(2);
  await mine.stop(1000);
  assert.equal(await ended, "stopped");
  assert.deepEqual(mine.figures.totals, { processed: 2, retried: 0, failed: 0 });
  assert.equal(mine.figures.inFlight, 0);
  assert.equal(Deno.readTextFileSync(here.config.testFile), "mine opened; 1 2 closed");
});

Deno.test("a worker in a thread runs its events there, and is not loaded here", async () => {
  const more = `async consume(event, ctx) {
    globalThis.ranHere = true;
    await ctx.publish("seen", { in: ctx.queue });
  }`;
  using here = folderWith({ "mine.ts": worker("mine", more) });
  const { broker, options, settled } = running(here.config);
  await using _broker = broker;
  await Promise.all([broker.declare("mine"), broker.declare("seen")]);
  await broker.publish("mine", "{}");
  const thread = { inline: false, isOnly: true, onlyIfActive: false } as const;
  const mine = await getWorker("mine", { ...options, ...thread });
  await mine.setup();
  const ended = mine.start();
  await settled(1);
  await mine.stop(1000);
  assert.equal(await ended, "stopped");
  assert.equal((await broker.depth("seen"))?.ready, 1);
  assert(!("ranHere" in globalThis));
});

Deno.test("a worker consumes the shard that its number names", async () => {
  const more = "shard: (event, shards) => event.n % shards + 1, consume() {}";
  using here = folderWith({ "mine.ts": worker("mine", more) }, { MINE_SHARDS: "2" });
  const { broker, options, settled } = running(here.config);
  await using _broker = broker;
  await broker.declare("mine_shard2");
  await broker.publish("mine_shard2", "{}");
  const mine = await getWorker("mine", { ...options, workerNum: 2 });
  assert.equal(mine.queue, "mine_shard2");
  await mine.setup();
  const ended = mine.start();
  await settled(1);
  await mine.stop(0);
  await ended;
  assert.deepEqual(await broker.depth("mine_shard2"), { ready: 0, consumers: 0 });
});

Deno.test("a worker publishes to the shard that the other queue's worker names", async () => {
  const shard = "shard: (event, shards) => event.n % shards + 1, consume() {}";
  const publish = `async consume(event, ctx) {
    await ctx.publish("other", { n: event.n });
    await ctx.publish("plain", { n: event.n });
  }`;
  using here = folderWith({
    "mine.ts": worker("mine", publish),
    "other.ts": worker("other", shard),
    "plain.ts": worker("plain"),
  }, { OTHER_SHARDS: "4" });
  const { broker, options, settled } = running(here.config);
  await using _broker = broker;
  await broker.declare("mine");
  await broker.publish("mine", '{"n":6}');
  const mine = await getWorker("mine", options);
  await mine.setup();
  const ended = mine.start();
  await settled(1);
  await mine.stop(0);
  await ended;
  assert.deepEqual(mine.figures.totals, { processed: 1, retried: 0, failed: 0 });
  assert.equal((await broker.depth("other_shard3"))?.ready, 1);
  assert.equal((await broker.depth("plain"))?.ready, 1);
});

Deno.test("a worker ends by itself after max events", async () => {
  using here = folderWith({ "mine.ts": worker("mine") });
  const { broker, options } = running(here.config);
  await using _broker = broker;
  await broker.declare("mine");
  for (let n = 0; n < 5; n++) await broker.publish("mine", "{}");
  const mine = await getWorker("mine", { ...options, maxEvents: 2 });
  await mine.setup();
  assert.equal(await mine.start(), "max-events");
  await mine.stop(0);
  assert.equal((await broker.depth("mine"))?.ready, 3);
});

Deno.test("a worker must be set up before it is started", async () => {
  using here = folderWith({ "mine.ts": worker("mine") });
  const mine = await getWorker("mine", running(here.config).options);
  await assert.rejects(mine.start(), {
    message: "The worker must be set up before it is started",
  });
});
