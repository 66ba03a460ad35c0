import assert from "node:assert/strict";
import type { LogLevel, LogRecord } from "@logtape/logtape";
import { jsonLine, LINE_PARTS, type LineContext, textLine } from "../../lib/log/log_format.ts";

/** A timestamp in local time, so that text lines are the same everywhere. */
const LOCAL = new Date(2023, 11, 15, 20, 57, 14, 206).getTime();
const UTC = Date.UTC(2023, 11, 15, 20, 57, 14, 206);
const CONTEXT: LineContext = { queue: "test", worker_num: 0, event: "e1", attempt: 2 };

function record(
  rawMessage: string,
  properties: object = {},
  context: LineContext = {},
  level: LogLevel = "info",
): LogRecord {
  return {
    category: ["process_queue"],
    level,
    timestamp: LOCAL,
    message: [rawMessage],
    rawMessage,
    properties: { [LINE_PARTS]: { context, properties } },
  };
}

Deno.test("jsonLine writes its keys in a fixed order, byte for byte", () => {
  const line = jsonLine({
    ...record("Did {what}", { what: "it", duration: 1.5 }, CONTEXT),
    timestamp: UTC,
  });
  assert.equal(
    line,
    '{"time":"2023-12-15T20:57:14.206Z","level":"info","logger":"process_queue",' +
      '"message":"Did it","queue":"test","worker_num":0,"event":"e1","attempt":2,' +
      '"what":"it","duration":1.5}\n',
  );
});

Deno.test("jsonLine shows an error with its stack", () => {
  const error = { name: "Error", message: "boom", stack: "Error: boom\n    at x.ts:1:1" };
  const { error: shown } = JSON.parse(jsonLine(record("Failed: {error}", { error })));
  assert.deepEqual(shown, error);
});

Deno.test("jsonLine renames a property whose name is taken", () => {
  const own = { time: 1, level: 2, message: 3, queue: "other", event: "e1" };
  const fields = JSON.parse(jsonLine(record("To {queue}", own, CONTEXT)));
  assert.deepEqual([fields.time_, fields.level_, fields.message_], [1, 2, 3]);
  assert.deepEqual([fields.queue, fields.queue_], ["test", "other"]);
  assert.equal(fields.message, "To other");
  assert.equal("event_" in fields, false);
});

Deno.test("jsonLine is one line whatever is in it", () => {
  const line = jsonLine(record("a\nb {x}", { x: "c\r\nd\u0000" }));
  assert.equal(line.indexOf("\n"), line.length - 1);
  assert.equal(JSON.parse(line).message, "a\nb c\r\nd\u0000");
});

Deno.test("textLine writes Zulip's format, byte for byte", () => {
  const message = "Worker {worker_num} connecting to queue {queue}";
  const line = textLine(record(message, {}, { queue: "test", worker_num: 0 }), false);
  assert.equal(
    line,
    "2023-12-15 20:57:14.206 INFO [process_queue] Worker 0 connecting to queue test\n",
  );
});

Deno.test("textLine abbreviates levels as Zulip does, four characters wide", () => {
  const levels: LogLevel[] = ["debug", "info", "warning", "error", "fatal"];
  const shown = levels.map((level) => textLine(record("x", {}, {}, level), false).slice(24, 29));
  assert.deepEqual(shown, ["DEBG ", "INFO ", "WARN ", "ERR  ", "FATA "]);
});

Deno.test("textLine appends properties that are not in the message", () => {
  const properties = { duration: 2, reason: "two words", queue: "test", none: undefined };
  const line = textLine(record("Event {event}", properties, { ...CONTEXT, worker_num: 3 }), false);
  assert.equal(
    line.slice(24),
    'INFO [process_queue] Event e1 attempt=2 duration=2 reason="two words" queue=test worker_num=3\n',
  );
});

Deno.test("textLine puts an error with its stack on further lines, indented", () => {
  const error = { name: "Error", message: "boom", stack: "Error: boom\n    at x.ts:1:1" };
  assert.equal(
    textLine(record("Problem", { error }, {}, "error"), false).slice(24),
    "ERR  [process_queue] Problem\n  Error: boom\n      at x.ts:1:1\n",
  );
  assert.equal(
    textLine(record("Problem: {error}", { error }), false).slice(24),
    "INFO [process_queue] Problem: Error: boom\n",
  );
});

Deno.test("textLine escapes control characters, so that no line can be forged", () => {
  const forged = "x\n2023-12-15 20:57:14.206 INFO [process_queue] y\x1b[2J\r";
  const line = textLine(record("Got {forged}", { forged }), false);
  assert.equal(
    line.slice(24),
    "INFO [process_queue] Got x\n  2023-12-15 20:57:14.206 INFO [process_queue] y\\x1b[2J\\x0d\n",
  );
});

Deno.test("textLine colours the level only when asked", () => {
  const line = textLine(record("x", {}, {}, "error"), true);
  assert.equal(line.slice(24), "\x1b[31mERR \x1b[0m [process_queue] x\n");
});

Deno.test("jsonLine and textLine leave a placeholder without a property as it is", () => {
  const one = record('Cannot parse {"a":{b}} of {missing}');
  assert.equal(JSON.parse(jsonLine(one)).message, one.rawMessage);
  assert.ok(textLine(one, false).endsWith(`${one.rawMessage}\n`));
});

const SECRETS: readonly [message: string, properties: object][] = [
  ["plain password=hunter2", {}],
  ["url {url}", { url: "amqp://u:hunter2@host" }],
  ["named {password}", { password: "hunter2" }],
  ["unnamed", { api_key: "hunter2" }],
  ["deep", { event: { user: { token: ["hunter2"] } } }],
  ["deep {event}", { event: { user: { token: ["hunter2"] } } }],
  ["error {error}", { error: new Error("secret: hunter2") }],
  ["error", { error: { name: "E", message: "m", stack: "E: cookie=hunter2" } }],
  ["json {text}", { text: '{"authorization": "hunter2"}' }],
  ["split password={word}", { word: "hunter2" }],
];

for (const [message, properties] of SECRETS) {
  Deno.test(`jsonLine and textLine hide the secret of: ${message} ${Object.keys(properties)}`, () => {
    const one = record(message, properties);
    for (const line of [jsonLine(one), textLine(one, false)]) {
      const isSplit = message.startsWith("split"); // then a property of its own says it
      assert.equal(
        line.replaceAll(isSplit ? '"word":"hunter2"' : "\0", "").includes("hunter2"),
        false,
        line,
      );
    }
  });
}

Deno.test("jsonLine and textLine write whatever a worker may pass", () => {
  const cyclic: Record<string, unknown> = { big: 1n };
  cyclic["self"] = cyclic;
  const proxy = new Proxy({}, { ownKeys: () => assert.fail("unreadable") });
  for (const properties of [cyclic, proxy, [], new Map([[1, 2]])]) {
    const one = record("x {self} {big}", properties);
    assert.equal(JSON.parse(jsonLine(one)).level, "info");
    assert.ok(textLine(one, false).includes("[process_queue] x "));
  }
});

Deno.test("jsonLine writes a record that was not made by this program", () => {
  const foreign = { ...record("x"), properties: { a: 1 }, rawMessage: "a is {a}" };
  assert.equal(JSON.parse(jsonLine(foreign)).message, "a is 1");
});

Deno.test("textLine names the place where an error in its message was thrown", () => {
  const engine = new URL("../../lib/engine/executor/lanes.ts", import.meta.url).href;
  const error = {
    name: "TypeError",
    message: "no rows",
    stack: `TypeError: no rows\n    at Lanes.#lane (${engine}:1:2)\n` +
      "    at async consume (file:///my/workers/greetings.ts:7:9)",
  };
  assert.match(
    textLine(record("Retrying: {error}", { error }), false),
    /Retrying: TypeError: no rows at=file:\/\/\/my\/workers\/greetings\.ts:7:9\n$/,
  );
  const bare = { name: "Error", message: "boom", stack: `Error: boom\n    at f (${engine}:1:2)` };
  assert.match(textLine(record("Retrying: {error}", { error: bare }), false), /: Error: boom\n$/);
});
