import assert from "node:assert/strict";
import { BrokerError } from "../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import type { PublishCommand } from "../../lib/command_line/command.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { runPublish } from "../../lib/modes/publish/publish.ts";
import { StreamError } from "../../lib/system/standard_streams.ts";
import { COMMON, MemoryServices } from "./memory_services.ts";

const COMMAND: PublishCommand = {
  mode: "publish",
  queue: "test",
  event: undefined,
  from: undefined,
  anyQueue: false,
  window: 10,
  ...COMMON,
};

/** The input, in chunks of this many bytes. */
async function* chunks(text: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield await bytes.slice(at, at + size);
}

/** Publishes an input; answers where it was done. */
async function publish(
  input: string | Uint8Array,
  command: Partial<PublishCommand> = {},
  around: MemoryServices = new MemoryServices(),
  environment: Record<string, string> = {},
): Promise<MemoryServices> {
  const config = loadConfig({ AMQP_URL: "amqp://broker", ...environment });
  const code = await runPublish({ ...COMMAND, ...command }, config, around, () => ({
    bytes: chunks(input),
  }));
  assert.equal(code, 0);
  return around;
}

/** Lines with the numbers from 1. */
function lines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `{"id":${index + 1}}`);
}

Deno.test("runPublish publishes the event of the command line", async () => {
  const around = await publish("", { event: ' {"id": 1}\n' });
  assert.deepEqual(await around.bodies("test"), ['{"id": 1}']);
  assert.deepEqual(around.printed, ["published 1 event to test"]);
});

Deno.test("runPublish publishes an event that runs later", async () => {
  const around = await publish("", { event: "{}", delaySeconds: 600 });
  assert.deepEqual(await around.bodies("test"), []);
  assert.deepEqual(around.printed, ["published 1 event to test, to run in 600 seconds"]);
});

Deno.test("runPublish says that no worker on RabbitMQ gets what the embedded broker takes", async () => {
  const environment = { BROKER: "embedded", STATE_DIR: "/state" };
  const around = await publish("", { event: "{}" }, new MemoryServices(), environment);
  assert.deepEqual(around.printed, [
    "published 1 event to test, in the embedded broker in /state (BROKER is embedded)",
  ]);
});

Deno.test("runPublish publishes each line as it is, in order, without empty lines", async () => {
  const input = `${lines(3).join("\n")}\r\n\n  {"name": "Zoë",  "id": 1.0} \n \n`;
  const around = await publish(input);
  assert.deepEqual(await around.bodies("test"), [...lines(3), '{"name": "Zoë",  "id": 1.0}']);
  assert.deepEqual(around.printed, ["published 4 events to test"]);
});

Deno.test("runPublish takes a last line without a newline, and a byte order mark", async () => {
  const around = await publish('\ufeff{"id":1}\n{"id":2}');
  assert.deepEqual(await around.bodies("test"), lines(2));
});

Deno.test("runPublish takes an event with a byte order mark on the command line", async () => {
  const around = await publish("", { event: '\ufeff{"id":1}' });
  assert.deepEqual(await around.bodies("test"), lines(1));
});

for (
  const [before, text] of [["", ""], ['{"id":1}\n', "\npublished 1 event to test before that"]]
) {
  const count = text === "" ? "nothing" : "an event";
  Deno.test(`runPublish says that its input cannot be read any more after ${count}`, async () => {
    const config = loadConfig({ AMQP_URL: "amqp://broker" });
    async function* failing() {
      yield* chunks(before ?? "");
      throw new StreamError("the standard input cannot be read: gone");
    }
    await assert.rejects(
      runPublish(COMMAND, config, new MemoryServices(), () => ({ bytes: failing() })),
      { message: `the standard input cannot be read: gone${text}` },
    );
  });
}

Deno.test("runPublish prints 0 events for an empty input", async () => {
  assert.deepEqual((await publish("")).printed, [
    "published 0 events to test, as the standard input had no event",
  ]);
});

Deno.test("runPublish has no more events unconfirmed than its window", async () => {
  const around = new MemoryServices();
  const broker = new SlowBroker();
  around.broker = broker;
  await publish(lines(40).join("\n"), { window: 5 }, around);
  assert.deepEqual([broker.most, broker.outstanding], [5, 0]);
  assert.deepEqual(await around.bodies("test"), lines(40));
});

/** Confirms an event a turn of the event loop later. */
class SlowBroker extends MemoryBroker {
  outstanding = 0;
  most = 0;
  override async publish(...event: Parameters<MemoryBroker["publish"]>): Promise<void> {
    this.outstanding += 1;
    this.most = Math.max(this.most, this.outstanding);
    await super.publish(...event).finally(() => this.outstanding -= 1);
    this.outstanding += 1;
    await new Promise((resolve) => setTimeout(resolve));
    this.outstanding -= 1;
  }
}

const LONG = `{"text":"${"x".repeat(100)}"}`;

const BAD_LINES: readonly [why: string, line: string | Uint8Array, message: string][] = [
  [
    "is not JSON",
    "{'id': 3}",
    "not JSON: Expected property name or '}' in JSON at position 1 " +
    "(line 1 column 2)",
  ],
  [
    "ends too soon",
    '{"id": 3',
    "not JSON: Expected ',' or '}' after property value in JSON at " +
    "position 8 (line 1 column 9)",
  ],
  ["is a word", "sesame", "not JSON: Unexpected token 's'"],
  ["has too large a number", '{"n":[1e400]}', "not an event: The number at $.n[0] is too large"],
  ["is an array", "[1]", 'not a JSON object: an event looks like {"user_profile_id": 1}'],
  ["is null", "null", 'not a JSON object: an event looks like {"user_profile_id": 1}'],
  [
    "is not UTF-8",
    new Uint8Array([0x22, 0xff, 0x22]),
    "not UTF-8: convert the file, as with " +
    "iconv -t UTF-8",
  ],
  ["is too long", LONG, "longer than 64 bytes: MAX_EVENT_BYTES sets how long an event may be"],
];

for (const [why, line, message] of BAD_LINES) {
  Deno.test(`runPublish stops at a line that ${why}, after all before it`, async () => {
    const around = new MemoryServices();
    const before = new TextEncoder().encode(`${lines(2).join("\n")}\n\n`);
    const bad = typeof line === "string" ? new TextEncoder().encode(line) : line;
    const after = new TextEncoder().encode("\n{}\n");
    const input = new Uint8Array([...before, ...bad, ...after]);
    const publishing = publish(input, {}, around, { MAX_EVENT_BYTES: "64" });
    await assert.rejects(publishing, {
      name: "PublishError",
      message: `line 4: ${message}\npublished 2 events to test before that`,
    });
    assert.deepEqual(await around.bodies("test"), lines(2));
  });
}

Deno.test("runPublish does not wait for the end of a line that is too long", async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield await new Uint8Array(1000).fill(0x20);
  }
  const config = loadConfig({ MAX_EVENT_BYTES: "4000" });
  const publishing = runPublish(
    COMMAND,
    config,
    new MemoryServices(),
    () => ({ bytes: endless() }),
  );
  await assert.rejects(publishing, { name: "PublishError", message: /^line 1: longer than 4000/ });
});

Deno.test("runPublish stops when the broker refuses an event, and says which", async () => {
  const around = new MemoryServices();
  around.broker = new class extends MemoryBroker {
    override publish(...event: Parameters<MemoryBroker["publish"]>): Promise<void> {
      if (event[1] !== '{"id":3}') return super.publish(...event);
      return Promise.reject(new BrokerError("refused", "The queue test is full"));
    }
  }();
  await assert.rejects(publish(lines(3).join("\n"), {}, around), {
    name: "PublishError",
    message: "line 3: The queue test is full\npublished 2 events to test in all",
  });
});

Deno.test("runPublish passes on the broker's error for the event of the command line", async () => {
  const around = new MemoryServices();
  const refused = new BrokerError("refused", "The queue test is full");
  around.broker = new class extends MemoryBroker {
    override publish(): Promise<void> {
      return Promise.reject(refused);
    }
  }();
  await assert.rejects(publish("", { event: "{}" }, around), refused);
});

Deno.test("runPublish refuses an event on the command line that is no object", async () => {
  await assert.rejects(publish("", { event: "{id: 1}" }), {
    name: "UsageError",
    message: "the event is not JSON: Expected property name or '}' in JSON at position 1 " +
      "(line 1 column 2)",
  });
});

Deno.test("runPublish refuses an unknown queue with the nearest one", async () => {
  await assert.rejects(publish("", { queue: "user_activty" }), {
    name: "UsageError",
    message: "there is no queue user_activty; did you mean user_activity?\n" +
      "queues: test, user_activity\n" +
      "a worker of your own is the file <queue>.ts in the folder of --workers-dir (or WORKERS_DIR)",
  });
});

Deno.test("runPublish says how to publish to a queue that is like none", async () => {
  await assert.rejects(publish("", { queue: "user_activity.failed" }), {
    name: "UsageError",
    message:
      /^there is no queue user_activity\.failed; to publish to it nevertheless, add --any-queue\n/,
  });
});

Deno.test("runPublish publishes to an unknown queue with --any-queue", async () => {
  const around = await publish("{}", { queue: "invites", anyQueue: true });
  assert.deepEqual(await around.bodies("invites"), ["{}"]);
});

const SHARDED = { USER_ACTIVITY_SHARDS: "2" };
const byId = (event: unknown, shards: number) => (event as { id: number }).id % shards + 1;

Deno.test("runPublish sends each event to its shard, in order", async () => {
  const around = new MemoryServices();
  around.shard = byId;
  await publish(lines(4).join("\n"), { queue: "user_activity" }, around, SHARDED);
  assert.deepEqual(await around.bodies("user_activity_shard1"), ['{"id":2}', '{"id":4}']);
  assert.deepEqual(await around.bodies("user_activity_shard2"), ['{"id":1}', '{"id":3}']);
  assert.deepEqual(around.printed, ["published 4 events to user_activity"]);
});

Deno.test("runPublish publishes to the shard that is named", async () => {
  const around = new MemoryServices();
  around.shard = byId;
  await publish('{"id":1}', { queue: "user_activity_shard1" }, around, SHARDED);
  assert.deepEqual(await around.bodies("user_activity_shard1"), ['{"id":1}']);
});

Deno.test("runPublish stops at an event whose shard is not known", async () => {
  const publishing = publish("{}", { queue: "user_activity" }, new MemoryServices(), SHARDED);
  await assert.rejects(publishing, {
    name: "PublishError",
    message:
      "line 1: user_activity has 2 shards, but its worker does not say which event belongs to " +
      "which: give it a shard function, or remove the setting USER_ACTIVITY_SHARDS\n" +
      "published 0 events to user_activity before that",
  });
});

Deno.test("runPublish says so where the command line's event has no shard", async () => {
  const around = new MemoryServices();
  around.shard = byId;
  const command = { queue: "user_activity", event: "{}" };
  await assert.rejects(publish("", command, around, SHARDED), {
    name: "PublishError",
    message: "The shard function of worker user_activity returned NaN: " +
      "it must return a whole number from 1 to 2",
  });
});

Deno.test("runPublish refuses a number of shards that is wrong", async () => {
  const environment = { USER_ACTIVITY_SHARDS: "many" };
  await assert.rejects(publish("{}", {}, new MemoryServices(), environment), {
    name: "ConfigError",
    message: 'the configuration has a problem: USER_ACTIVITY_SHARDS: "many" is not valid; ' +
      "set it to a whole number from 1 to 1024",
  });
});

Deno.test("runPublish publishes nothing where the option --workers-dir names no folder", async () => {
  const config = loadConfig({}, { workersDir: "/nowhere" });
  const around = new MemoryServices();
  const run = runPublish(
    { ...COMMAND, event: "{}" },
    config,
    around,
    () => ({ bytes: chunks("") }),
  );
  await assert.rejects(run, {
    name: "ConfigError",
    message: /: --workers-dir: the folder \/nowhere/,
  });
  assert.deepEqual(await around.bodies("test"), []);
});
