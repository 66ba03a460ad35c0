import assert from "node:assert/strict";
import { readConfig } from "../../../lib/config/config.ts";
import type { Broker } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { brokerAddress, BrokerWatch } from "../../../lib/modes/run/broker_watch.ts";

Deno.test("the address of a broker has neither user nor password", () => {
  const address = (env: Record<string, string>) => brokerAddress(readConfig(env));
  const two = "amqp://me:sesame@one:5672/host,amqps://me:sesame@two/host?heartbeat=5";
  assert.equal(address({ AMQP_URL: two }), "amqp://one:5672/host,amqps://two/host");
  assert.equal(
    address({ BROKER: "embedded", STATE_DIR: "/var/lib/pq" }),
    "/var/lib/pq/broker.sqlite",
  );
});

Deno.test("a broker is down before it is opened, and comes back after a loss", async () => {
  await using memory = new MemoryBroker();
  let isThere = true;
  const broker: Broker = Object.create(memory, { isThere: { get: () => isThere } });
  let now = 1000;
  const watch = new BrokerWatch(readConfig({ BROKER: "embedded" }), () => now);
  const seen = (one: Broker | undefined) => {
    const { up, since, reconnects } = watch.snapshot(one);
    return [up, Date.parse(since), reconnects];
  };
  assert.deepEqual(seen(undefined), [false, 1000, 0]);
  now = 2000;
  assert.deepEqual(seen(broker), [true, 2000, 0]);
  now = 3000;
  isThere = false;
  assert.deepEqual(seen(broker), [false, 3000, 0]);
  now = 4000;
  isThere = true;
  assert.deepEqual(seen(broker), [true, 4000, 1]);
});

Deno.test("what RabbitMQ says of itself comes first", async () => {
  await using memory = new MemoryBroker();
  const status = { version: "3.10.8", since: 500, blocked: "memory", reconnects: 7 };
  const broker: Broker = Object.create(memory, { status: { value: status } });
  const watch = new BrokerWatch(readConfig({ AMQP_URL: "amqp://localhost" }), () => 1000);
  assert.partialDeepStrictEqual(watch.snapshot(broker), {
    kind: "rabbitmq",
    version: "3.10.8",
    up: true,
    since: "1970-01-01T00:00:00.500Z",
    blocked: "memory",
    reconnects: 7,
  });
});
