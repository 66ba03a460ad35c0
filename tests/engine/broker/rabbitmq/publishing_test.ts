/**
 * What a publish promises on RabbitMQ.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerError } from "../../../../lib/engine/broker/broker.ts";
import { METHOD } from "../../../fixtures/rabbitmq/proxy.ts";
import { worldTest } from "../../../fixtures/rabbitmq/world.ts";

worldTest("a publish that is not confirmed in time is an error that says so", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({
    url: proxy.url(world.server.url),
    publishTimeoutSeconds: 1,
  });
  await broker.declare(world.queue);
  await broker.publish(world.queue, "1");
  proxy.silence();
  await assert.rejects(broker.publish(world.queue, "2"), (error) => {
    assert.ok(error instanceof BrokerError);
    assert.equal(error.kind, "timeout");
    assert.equal(
      error.message,
      `An event for queue ${world.queue} was not confirmed within 1 s: no confirmation came; ` +
        `it may have been stored all the same`,
    );
    return true;
  });
});

worldTest("a publish waits for a lost connection, but not for ever", async (world) => {
  const proxy = world.proxy();
  const broker = await world.openBroker({
    url: proxy.url(world.server.url),
    publishTimeoutSeconds: 1,
  });
  await broker.declare(world.queue);
  await proxy[Symbol.asyncDispose]();
  await assert.rejects(
    broker.publish(world.queue, "1"),
    { kind: "timeout", message: /within 1 s: there is no connection/ },
  );
});

worldTest(
  "a publish is sent again when the connection is lost before it is confirmed",
  async (world) => {
    const proxy = world.proxy();
    const broker = await world.openBroker({ url: proxy.url(world.server.url) });
    await broker.declare(world.queue);
    await broker.publish(world.queue, "first");
    let published = 0;
    proxy.onMethod = (...method) => {
      if (String(method) === String(METHOD.basicPublish) && ++published === 500) proxy.cut();
    };
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => broker.publish(world.queue, String(i))),
    );
    const bodies = (await broker.peek(world.queue, 10_000)).map(({ body }) =>
      new TextDecoder().decode(body)
    );
    assert.equal(new Set(bodies).size, 1001);
  },
);

worldTest(
  "an event that the broker refuses is refused alone, and no channels pile up",
  async (world) => {
    const broker = await world.openBroker({ name: world.queue });
    await broker.declare(world.queue);
    const results = await Promise.allSettled(
      Array.from(
        { length: 5000 },
        (_, i) =>
          broker.publish(world.queue, String(i), i === 100 ? { userId: "somebody-else" } : {}),
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
    await broker.publish(world.queue, "last");
    const connections = await world.server.ctl(
      "list_connections",
      "--quiet",
      "client_properties",
      "channels",
    );
    const ours = connections.split("\n").filter((line) => line.includes(world.queue));
    const channels = ours.map((line) => Number(line.split("\t").at(-1)));
    assert.deepEqual(channels.toSorted(), [0, 1]);
  },
);

worldTest(
  "headers that cannot be sent are refused, and disturb no other publish",
  async (world) => {
    const broker = await world.broker();
    await broker.declare(world.queue);
    const others = Array.from({ length: 20 }, (_, i) => broker.publish(world.queue, String(i)));
    for (const value of [NaN, Infinity, [{ deep: -Infinity }], "x".repeat(70_000), () => {}]) {
      await assert.rejects(broker.publish(world.queue, "1", { headers: { value } }), {
        kind: "refused",
        message: /^The properties of an event for queue world-\w+ cannot be sent: /,
      });
    }
    await Promise.all(others);
    assert.deepEqual(world.notices, []);
  },
);
