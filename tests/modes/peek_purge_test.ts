import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../lib/config/config.ts";
import { runPeek } from "../../lib/modes/peek.ts";
import { runPurge } from "../../lib/modes/purge.ts";
import { inFolder } from "../domain/database/each_database.ts";
import { parse } from "../fixtures/command_line.ts";
import { MemoryServices } from "./memory_services.ts";

async function withEvents(): Promise<MemoryServices> {
  const around = new MemoryServices();
  for (const queue of ["test", "test.failed", "user_activity"]) await around.broker.declare(queue);
  await around.broker.publish("test", '{"to":"ada","n":1}', {
    messageId: "a",
    headers: { timestamp_in_ms: 5, x: "\x1b[2J" },
  });
  await around.broker.publish("test", '{"to":"bob","n":2}');
  await around.broker.publish("test.failed", "[]");
  await around.broker.publish("user_activity", "{}");
  return around;
}

async function run(line: string, around: MemoryServices) {
  const command = parse(line);
  const config = loadConfig({ AMQP_URL: "amqp://broker" });
  const code = command.mode === "peek"
    ? await runPeek(command, config, around)
    : command.mode === "purge"
    ? await runPurge(command, config, around)
    : assert.fail(line);
  return { code, printed: around.printed.splice(0), warned: around.warned.splice(0) };
}

Deno.test("peek shows the first events, without their worker's secrets, and takes none", async () => {
  const around = await withEvents();
  around.trials = { test: { secrets: ["to"] } };
  assert.deepEqual((await run("peek test", around)).printed, [
    "1970-01-01T00:00:00.005Z  a  18 bytes",
    '  {"to":"***","n":1}',
    "no time  no id  18 bytes",
    '  {"to":"***","n":2}',
    "2 events in test",
  ]);
  const { printed } = await run("peek test --limit 1", around);
  assert.equal(printed.at(-1), "the first 1 of 2 events in test");
  const [line = "", ...more] = (await run("peek test --limit 1 --json", around)).printed;
  assert.deepEqual(more, []);
  assert.deepEqual(JSON.parse(line), {
    id: "a",
    published_at: "1970-01-01T00:00:00.005Z",
    bytes: 18,
    properties: { messageId: "a" },
    headers: { timestamp_in_ms: 5, x: "\x1b[2J" },
    body: '{"to":"***","n":1}',
  });
  assert.equal((await around.broker.depth("test"))?.ready, 2);
});

Deno.test("peek says that a queue is consumed, and refuses one that is not there", async () => {
  const around = await withEvents();
  const subscription = around.broker.subscribe("user_activity", { onDelivery() {}, onLost() {} });
  await subscription.resume(1);
  const { warned, printed } = await run("peek user_activity", around);
  assert.deepEqual(warned, [
    "user_activity is consumed: later events may overtake those that are shown",
  ]);
  assert.deepEqual(printed, ["0 events in user_activity"]);
  await subscription.close();
  await assert.rejects(run("peek tets", around), {
    name: "UsageError",
    message: /did you mean test/,
  });
  await using _lock = await around.broker.lock("test.failed", "failed drop");
  await assert.rejects(run("peek test.failed", around), { kind: "locked" });
  assert.equal((await run("peek test", around)).code, 0);
});

Deno.test("purge says the numbers, asks, and deletes what is ready", async () => {
  const around = await withEvents();
  await assert.rejects(run("purge test", around), {
    name: "UsageError",
    message: "Delete 2 events? Nobody can be asked here: add --yes if it is meant",
  });
  around.answer = false;
  around.warned.length = 0;
  const no = await run("purge test --include-failed", around);
  assert.deepEqual(no, {
    code: 1,
    printed: [],
    warned: ["test: 2 events", "test.failed: 1 event", "nothing was changed"],
  });
  assert.equal(around.asked.at(-1), "Delete 3 events? [y/N]");
  around.answer = true;
  const yes = await run("purge --all --include-failed --include-retrying", around);
  assert.equal(yes.code, 0);
  assert.deepEqual(yes.printed, [
    "user_activity: deleted 1 event",
    "user_activity.failed: deleted 0 events",
    "user_activity, waiting for a retry: deleted 0 events",
    "test: deleted 2 events",
    "test.failed: deleted 1 event",
    "test, waiting for a retry: deleted 0 events",
  ]);
});

Deno.test("purge saves what it deletes, and ends at an interruption", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a.jsonl");
    const around = await withEvents();
    const { printed } = await run(`purge test --yes --save ${path} --json`, around);
    assert.deepEqual(JSON.parse(printed[0] ?? ""), {
      schema: 1,
      results: [{ queue: "test", removed: 2, in_flight: null, saved: path }],
    });
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).body), [
      '{"to":"ada","n":1}',
      '{"to":"bob","n":2}',
    ]);
    around.interrupt.abort();
    const stopped = await run("purge user_activity --yes", around);
    assert.deepEqual(stopped, { code: 1, printed: [], warned: ["stopped before the end"] });
    assert.equal((await around.broker.depth("user_activity"))?.ready, 1);
  }));
