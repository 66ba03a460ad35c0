import assert from "node:assert/strict";
import { join } from "node:path";
import type { Config } from "../../lib/config/config.ts";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import { IsolationTurns } from "../../lib/engine/consumer/suspects/turns.ts";
import { getWorker } from "../../lib/engine/registry.ts";
import type { Report } from "../../lib/engine/report.ts";
import { Conditions } from "../fixtures/executor.ts";
import { folderWith, worker } from "../fixtures/registry.ts";

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
