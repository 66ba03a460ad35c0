/**
 * Events of Debian's other clients, python3-pika and amqp-tools, and our dead letters as these read
 * them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { whereInstalled } from "../../../fixtures/interop/clients.ts";
import { type QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";

const PYTHON = "/usr/bin/python3";
const AMQP_GET = "/usr/bin/amqp-get";

/** Publishes as Zulip does, with headers of Python's types. */
const PUBLISH = `
import json, sys, pika, datetime, decimal
url, queue = sys.argv[1:3]
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
channel.queue_declare(queue=queue, durable=True)
channel.confirm_delivery()
def publish(body, **properties):
    properties = pika.BasicProperties(delivery_mode=2, **properties)
    channel.basic_publish("", queue, body, properties=properties, mandatory=True)
publish(json.dumps({"n": 1}))
publish(json.dumps({"text": "grüße \\u20ac"}))
publish(b"\\xff\\xfe")
publish("not json", message_id="m-3", headers={
    "text": "grüße", "bytes": b"\\x00\\xff",
    "big": 2 ** 40, "decimal": decimal.Decimal("1.5"), "none": None, "yes": True,
    "time": datetime.datetime(2024, 1, 2, 3, 4, 5), "list": [1, "two", {"three": 3}],
})
`;

/** The headers of all events of a queue, one line of JSON each. */
const READ = `
import json, sys, pika
url, queue = sys.argv[1:3]
channel = pika.BlockingConnection(pika.URLParameters(url)).channel()
while True:
    method, properties, body = channel.basic_get(queue)
    if method is None:
        break
    print(json.dumps({"id": properties.message_id, "headers": properties.headers}, default=repr))
`;

const NAME = "events of pika are processed, and their failures read by amqp-get and pika";

whereInstalled(NAME, () =>
  queueTest(NAME, async (fixture) => {
    await python(fixture, PUBLISH, fixture.queue);
    const engine = await fixture.start();
    await engine.untilSettled("processed", 2);
    await engine.untilSettled("failed", 2);
    assert.deepEqual(engine.events, [{ n: 1 }, { text: "grüße €" }]);

    const failed = `${fixture.queue}.failed`;
    const letters = (await python(fixture, READ, failed)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(letters.map(({ id }) => /^[0-9a-f-]{36}$/.test(id) ? "given" : id), [
      "given",
      "m-3",
    ]);
    const [first, second] = letters.map(({ headers }) => headers);
    assert.equal(first["x-pq-reason"], "invalid");
    assert.equal(first["x-pq-error-message"], "The body is not UTF-8: byte 0 is 0xff");
    assert.match(second["x-pq-error-message"], /^The body is not JSON/);
    const { text, bytes, big, decimal, none, yes, time, list } = second;
    assert.deepEqual(
      { text, bytes, big, decimal, none, yes, time, list },
      {
        text: "grüße",
        bytes: "b'\\x00\\xff'",
        big: 2 ** 40,
        decimal: "Decimal('1.5')",
        none: null,
        yes: true,
        time: "datetime.datetime(2024, 1, 2, 3, 4, 5)",
        list: [1, "two", { three: 3 }],
      },
    );

    const bodies = [await amqpGet(fixture, failed), await amqpGet(fixture, failed)];
    assert.deepEqual(bodies.map((body) => [...body]), [
      [0xff, 0xfe],
      [...new TextEncoder().encode("not json")],
    ]);
  }));

async function python({ server }: QueueFixture, script: string, queue: string): Promise<string> {
  return new TextDecoder().decode(await run(PYTHON, "-c", script, `${server.url}/%2F`, queue));
}

function amqpGet({ server }: QueueFixture, queue: string): Promise<Uint8Array> {
  return run(AMQP_GET, "-u", server.url, "-q", queue);
}

async function run(program: string, ...args: string[]): Promise<Uint8Array> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (success) return stdout;
  throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}
