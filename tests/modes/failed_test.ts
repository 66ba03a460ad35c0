import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { EventProperties } from "../../lib/engine/broker/broker.ts";
import type { FailedCommand } from "../../lib/command_line/repair_commands.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { runFailed } from "../../lib/modes/failed/failed.ts";
import { parse } from "../fixtures/command_line.ts";
import { MemoryServices } from "./memory_services.ts";

const LIST = "failed list test";
const RETRY = "failed retry test --all --yes";

const FAILED: EventProperties = {
  messageId: "9d0f",
  priority: 3,
  headers: {
    realm: "zulip",
    "x-pq-reason": "error",
    "x-pq-attempts": 4,
    "x-pq-failed-at": "2026-01-02T03:04:05.678Z",
    "x-pq-error-name": "TypeError",
    "x-pq-error-message": "no such user\nwith a second line",
  },
};

async function withFailed(
  ...events: [body: string | Uint8Array, properties?: EventProperties][]
): Promise<MemoryServices> {
  const around = new MemoryServices();
  await around.broker.declare("test.failed");
  for (const event of events) await around.broker.publish("test.failed", ...event);
  return around;
}

async function run(line: string, around: MemoryServices): Promise<string[]> {
  assert.equal(await runFailed(commandOf(line), CONFIG, around), 0);
  return around.printed;
}

const CONFIG = loadConfig({ AMQP_URL: "amqp://broker" });

function commandOf(line: string): FailedCommand {
  const command = parse(line);
  assert(command.mode === "failed");
  return command;
}

Deno.test("runFailed says so when it looks into the embedded broker", async () => {
  const config = loadConfig({ STATE_DIR: "/state" });
  const place = ", in the embedded broker in /state (AMQP_URL is not set)";
  const last = async (line: string) => {
    const around = await withFailed(["{}"]);
    assert.equal(await runFailed(commandOf(line), config, around), 0);
    return around.printed.at(-1);
  };
  assert.equal(await last(LIST), `1 event in test.failed${place}`);
  assert.equal(await last(RETRY), `1 of 1 event put back into test; 0 left${place}`);
  assert(!(await last(`${LIST} --json`))?.includes(place));
});

Deno.test("runFailed lists the events as a table, and leaves them where they are", async () => {
  const around = await withFailed(['{"id":1}', FAILED], ["?"]);
  assert.deepEqual(await run(LIST, around), [
    "handle        failed at             reason  id",
    "88d16eadf83d  2026-01-02T03:04:05Z  error   9d0f",
    "  4 attempts, 8 bytes; TypeError: no such user",
    "d3259aa0f5b1",
    "  1 byte",
    "2 events in test.failed",
  ]);
  assert.equal((await around.broker.depth("test.failed"))?.ready, 2);
});

Deno.test("runFailed lists within 80 columns, and shows nothing that would steer the terminal", async () => {
  const headers = {
    ...FAILED.headers,
    "x-pq-error-message": "\x1b[2J" + "x".repeat(100),
    "x-pq-reason": "out of memory",
  };
  const around = await withFailed(["{}", { headers, messageId: "i".repeat(100) }]);
  const printed = await run(LIST, around);
  assert.equal(printed[1], `50ce65b4078a  2026-01-02T03:04:05Z  out of memory  ${"i".repeat(25)}…`);
  assert.equal(printed[2], "  4 attempts, 2 bytes; TypeError:");
  assert.match(printed[3] ?? "", /^ {2}\?\[2Jx+$/);
  assert.deepEqual(printed.map((line) => line.length).filter((length) => length > 80), []);
});

Deno.test("runFailed lists an error in up to four lines, and cuts the rest", async () => {
  const headers = { ...FAILED.headers, "x-pq-error-message": "a word or two ".repeat(30) };
  const [, , ...printed] = await run(LIST, await withFailed(["{}", { headers }]));
  assert.deepEqual(printed, [
    "  4 attempts, 2 bytes; TypeError: a word or two a word or two a word or two a",
    "  word or two a word or two a word or two a word or two a word or two a word or",
    "  two a word or two a word or two a word or two a word or two a word or two a",
    "  word or two a word or two a word or two a word or two a word or two a word or…",
    "1 event in test.failed",
  ]);
});

Deno.test("runFailed works for a queue that has no worker here", async () => {
  const around = new MemoryServices();
  await around.broker.declare("gone.failed");
  await around.broker.publish("gone.failed", "{}");
  assert.equal((await run("failed list gone", around)).at(-1), "1 event in gone.failed");
  around.printed.length = 0;
  const moved = await run("failed retry gone --all --yes", around);
  assert.deepEqual(moved, ["1 of 1 event put back into gone; 0 left"]);
  assert.deepEqual(await around.bodies("gone"), ["{}"]);
});

Deno.test("runFailed says how many there are when it lists fewer", async () => {
  const around = await withFailed(["{}"], ["{}"], ["{}"]);
  const printed = await run(`${LIST} --limit 2`, around);
  assert.equal(printed.at(-1), "the first 2 of 3 events in test.failed");
});

Deno.test("runFailed lists nothing for a queue that never failed", async () => {
  assert.deepEqual(await run(LIST, new MemoryServices()), ["0 events in test.failed"]);
  assert.deepEqual(await run(`${LIST} --json`, new MemoryServices()), []);
});

Deno.test("runFailed lists a line of JSON for each event, with all there is to know", async () => {
  const around = await withFailed(['{"id": 1}', FAILED]);
  const [line = ""] = await run(`${LIST} --json`, around);
  assert.deepEqual(JSON.parse(line), {
    handle: "983d35651c7b",
    id: "9d0f",
    fingerprint: "1aa19bd2",
    failed_at: "2026-01-02T03:04:05.678Z",
    first_failed_at: null,
    reason: "error",
    error: { name: "TypeError", message: "no such user\nwith a second line" },
    attempts: 4,
    retried: 0,
    bytes: 9,
    properties: { messageId: "9d0f", priority: 3 },
    headers: FAILED.headers,
    body: '{"id": 1}',
  });
});

Deno.test("runFailed lists a body that is not UTF-8, and bytes in headers, as base64", async () => {
  const headers = { raw: Buffer.from([1, 2]), list: [{ big: 10n }] };
  const around = await withFailed([new Uint8Array([0xff, 0]), { headers }]);
  const [line = ""] = await run(`${LIST} --json`, around);
  const { id, body, body_base64, headers: shown } = JSON.parse(line);
  assert.deepEqual([id, body, body_base64], [null, undefined, "/wA="]);
  assert.deepEqual(shown, { raw: "AQI=", list: [{ big: "10" }] });
});

Deno.test("runFailed moves the events back, as their publisher had set them", async () => {
  const around = await withFailed(['{"id":1}', FAILED], ['{"id":2}']);
  const before = Date.now();
  assert.deepEqual(await run(RETRY, around), ["2 of 2 events put back into test; 0 left"]);
  assert.deepEqual(await around.bodies("test"), ['{"id":1}', '{"id":2}']);
  assert.deepEqual(await around.bodies("test.failed"), []);
  const [event] = await around.broker.peek("test", 1);
  assert.equal(event?.properties.messageId, "9d0f");
  const { "x-pq-retried-at": at, ...headers } = event?.properties.headers ?? {};
  const put = { "x-pq-retried": 1, "x-pq-retried-by": "ada on host a" };
  assert.deepEqual(headers, { realm: "zulip", ...put });
  assert(typeof at === "number" && at >= before && at <= Date.now());
});

Deno.test("runFailed moves nothing for a queue that never failed", async () => {
  const around = new MemoryServices();
  assert.deepEqual(await run(RETRY, around), ["0 of 0 events put back into test; 0 left"]);
  const [line = ""] = await run(`${RETRY} --json`, new MemoryServices());
  const { seconds, ...result } = JSON.parse(line);
  assert(seconds >= 0);
  assert.deepEqual(result, {
    schema: 1,
    action: "retry",
    queue: "test",
    scanned: 0,
    of: 0,
    matched: 0,
    moved: 0,
    left_alone: 0,
    remaining: 0,
    saved: null,
    complete: true,
    dry_run: false,
  });
});

Deno.test("runFailed knows the shards of a queue", async () => {
  const printed = await run("failed list user_activity_shard2", new MemoryServices());
  assert.deepEqual(printed, ["0 events in user_activity_shard2.failed"]);
});

Deno.test("runFailed refuses an unknown queue with the nearest one", async () => {
  await assert.rejects(run("failed list tets", new MemoryServices()), {
    name: "UsageError",
    message: "there is no queue tets; did you mean test?\nqueues: test, user_activity\n" +
      "a worker of your own is the file <queue>.ts in the folder of --workers-dir (or WORKERS_DIR)",
  });
});

Deno.test("runFailed refuses an option --workers-dir that names no folder", async () => {
  const config = loadConfig({}, { workersDir: "/nowhere" });
  await assert.rejects(runFailed(commandOf(LIST), config, new MemoryServices()), {
    name: "ConfigError",
    message:
      /: --workers-dir: the folder \/nowhere cannot be read .*; set it to the folder of your/,
  });
  // The variable may be that of another host.
  const code = await runFailed(
    commandOf(LIST),
    loadConfig({ WORKERS_DIR: "/nowhere" }),
    new MemoryServices(),
  );
  assert.equal(code, 0);
});
