/**
 * What a publish promises on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerError } from "../../../../lib/engine/broker/broker.ts";
import { METHOD } from "../../../fixtures/rabbitmq/proxy.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";

queueTest("a publish that is not confirmed in time is an error that says so", async (fixture) => {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({
    url: proxy.url(fixture.server.url),
    publishTimeoutSeconds: 1,
  });
  await broker.declare(fixture.queue);
  await broker.publish(fixture.queue, "1");
  proxy.silence();
  await assert.rejects(broker.publish(fixture.queue, "2"), (error) => {
    assert.ok(error instanceof BrokerError);
    assert.equal(error.kind, "timeout");
    assert.equal(
      error.message,
      `An event for queue ${fixture.queue} was not confirmed within 1 s: no confirmation came; ` +
        `it may have been stored anyway`,
    );
    return true;
  });
});

queueTest("a publish waits for a lost connection, but not for ever", async (fixture) => {
  const proxy = fixture.proxy();
  const broker = await fixture.openBroker({
    url: proxy.url(fixture.server.url),
    publishTimeoutSeconds: 1,
  });
  await broker.declare(fixture.queue);
  await proxy[Symbol.asyncDispose]();
  await assert.rejects(
    broker.publish(fixture.queue, "1"),
    { kind: "timeout", message: /within 1 s: there is no connection/ },
  );
});

queueTest(
  "a publish is sent again when the connection is lost before it is confirmed",
  async (fixture) => {
    const proxy = fixture.proxy();
    const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
    await broker.declare(fixture.queue);
    await broker.publish(fixture.queue, "first");
    let published = 0;
    proxy.onMethod = (...method) => {
      if (String(method) === String(METHOD.basicPublish) && ++published === 500) proxy.cut();
    };
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => broker.publish(fixture.queue, String(i))),
    );
    const bodies = (await broker.peek(fixture.queue, 10_000)).map(({ body }) =>
      new TextDecoder().decode(body)
    );
    assert.equal(new Set(bodies).size, 1001);
  },
);

queueTest(
  "an event that the broker refuses is refused alone, and no channels pile up",
  async (fixture) => {
    const broker = await fixture.openBroker({ name: fixture.queue });
    await broker.declare(fixture.queue);
    const results = await Promise.allSettled(
      Array.from(
        { length: 5000 },
        (_, i) =>
          broker.publish(fixture.queue, String(i), i === 100 ? { userId: "somebody-else" } : {}),
      ),
    );
    const refused = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason] : []
    );
    assert.equal(refused.length, 1);
    assert.equal(refused[0].kind, "refused");
    assert.match(
      refused[0].message,
      /did not take an event for queue .* \(.*user_id property set to 'somebody-else'/,
    );
    await broker.publish(fixture.queue, "last");
    const connections = await fixture.server.ctl(
      "list_connections",
      "--quiet",
      "client_properties",
      "channels",
    );
    const ours = connections.split("\n").filter((line) => line.includes(fixture.queue));
    const channels = ours.map((line) => Number(line.split("\t").at(-1)));
    assert.deepEqual(channels.toSorted(), [0, 1]);
  },
);

queueTest(
  "headers that cannot be sent are refused, and disturb no other publish",
  async (fixture) => {
    const broker = await fixture.broker();
    await broker.declare(fixture.queue);
    const others = Array.from({ length: 20 }, (_, i) => broker.publish(fixture.queue, String(i)));
    for (const value of [NaN, Infinity, [{ deep: -Infinity }], "x".repeat(70_000), () => {}]) {
      await assert.rejects(broker.publish(fixture.queue, "1", { headers: { value } }), {
        kind: "refused",
        message: /^The properties of an event for queue fixture-\w+ cannot be sent: /,
      });
    }
    await Promise.all(others);
    assert.deepEqual(fixture.notices, []);
  },
);
