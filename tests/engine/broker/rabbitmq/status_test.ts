import assert from "node:assert/strict";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { until } from "../../../fixtures/until.ts";

queueTest(
  "a broker knows RabbitMQ's version, and how often its connection was made again",
  async (fixture) => {
    const proxy = fixture.proxy();
    const broker = await fixture.openBroker({ url: proxy.url(fixture.server.url) });
    const { version, since, reconnects, blocked } = broker.status ?? {};
    assert.match(version ?? "", /^[34]\.\d+\.\d+/);
    assert.deepEqual([reconnects, blocked], [0, undefined]);
    proxy.cut();
    await until("it is connected again", () => broker.isThere && broker.status?.reconnects === 1);
    assert((broker.status?.since ?? 0) >= (since ?? Infinity));
    assert.equal(broker.status?.version, version);
  },
);
