import assert from "node:assert/strict";
import { join } from "node:path";
import type { Config } from "../../lib/config/config.ts";
import { discover } from "../../lib/engine/host/discovery.ts";
import {
  consumedQueue,
  getActiveWorkerQueues,
  getWorkerQueues,
  queuesOf,
  workerQueueOf,
} from "../../lib/engine/registry.ts";
import { folderWith, worker } from "../fixtures/registry.ts";

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
