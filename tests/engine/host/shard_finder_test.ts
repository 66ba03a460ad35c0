import assert from "node:assert/strict";
import { ShardFinder } from "../../../lib/engine/host/shard_finder.ts";

/** A folder with the worker of a queue, which is removed at the end. */
function folderOf(queue: string, shard: string) {
  const workersDir = Deno.makeTempDirSync({ prefix: "pq-shards-" });
  const file = `${workersDir}/${queue}.ts`;
  Deno.writeTextFileSync(
    file,
    `import { defineWorker } from "process-queue/worker";
    import { z } from "zod";
    export default defineWorker({ queue: "${queue}", event: z.unknown(), ${shard} consume() {} });`,
  );
  return {
    workersDir,
    file,
    [Symbol.dispose]: () => Deno.removeSync(workersDir, { recursive: true }),
  };
}

const BY_N = "shard: (event, shards) => event.n % shards + 1,";

Deno.test("a worker's shard function is found once, at the first event", async () => {
  using here = folderOf("mine", BY_N);
  const finder = new ShardFinder({ shards: new Map([["mine", 4]]), workersDir: here.workersDir });
  assert.equal(await finder.queueOf("mine", { n: 6 }), "mine_shard3");
  Deno.removeSync(here.file);
  assert.equal(await finder.queueOf("mine", { n: 4 }), "mine_shard1");
});

Deno.test("what a worker's shard function throws has none of the worker's secrets", async () => {
  const throws =
    "shard: ({ to }) => { throw new RangeError('no shard for ' + to) }, secrets: ['to'],";
  using here = folderOf("mine", throws);
  const finder = new ShardFinder({ shards: new Map([["mine", 2]]), workersDir: here.workersDir });
  await assert.rejects(finder.queueOf("mine", { to: "ada@example.com" }), {
    name: "RangeError",
    message: "no shard for ***",
  });
});

Deno.test("a queue without shards loads no worker", async () => {
  using here = folderOf("mine", "...globalThis.missing.all,");
  const finder = new ShardFinder({ shards: new Map(), workersDir: here.workersDir });
  assert.equal(await finder.queueOf("mine", { n: 6 }), "mine");
});

Deno.test("a worker that could not be found is looked for again", async () => {
  using here = folderOf("mine", BY_N);
  const shards = new Map([["mine", 2], ["late", 2]]);
  const finder = new ShardFinder({ shards, workersDir: here.workersDir });
  await assert.rejects(finder.queueOf("late", { n: 1 }), { name: "RangeError" });
  const source = Deno.readTextFileSync(here.file).replace('"mine"', '"late"');
  Deno.writeTextFileSync(`${here.workersDir}/late.ts`, source);
  assert.equal(await finder.queueOf("late", { n: 1 }), "late_shard2");
});

Deno.test("a shard function gets what the schema makes of the event, as the handler does", async () => {
  using here = folderOf("mine", "shard: ({ userId }, shards) => userId % shards + 1,");
  const schema = "z.object({ id: z.int() }).transform(({ id }) => ({ userId: id }))";
  Deno.writeTextFileSync(
    here.file,
    Deno.readTextFileSync(here.file).replace("z.unknown()", schema),
  );
  const finder = new ShardFinder({ shards: new Map([["mine", 4]]), workersDir: here.workersDir });
  assert.equal(await finder.queueOf("mine", { id: 6 }), "mine_shard3");
  await assert.rejects(finder.queueOf("mine", { id: "six" }), {
    name: "RangeError",
    message: "The event has no shard of mine: The body does not fit the worker's schema: " +
      "id: Invalid input: expected number, received string",
  });
});

Deno.test("pushes go to the shard of their user, as Zulip's publishers choose it", async () => {
  const queue = "missedmessage_mobile_notifications";
  const finder = new ShardFinder({ shards: new Map([[queue, 3]]), workersDir: undefined });
  const add = {
    ...{ user_profile_id: 7, message_id: 1, trigger: "mentioned", type: "add" },
    mentioned_user_group_id: null,
  };
  assert.equal(await finder.queueOf(queue, add), `${queue}_shard2`);
  const remove = { user_profile_id: 8, message_ids: [1], type: "remove" };
  assert.equal(await finder.queueOf(queue, remove), `${queue}_shard3`);
});
