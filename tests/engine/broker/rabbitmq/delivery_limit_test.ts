/** Quorum queues that drop events which are returned too often. */

import assert from "node:assert/strict";
import { type QueueFixture, queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";
import { untilAborted } from "../../../fixtures/rabbitmq/handlers.ts";
import { copyAt, DeliveryLimit } from "../../../../lib/engine/broker/rabbitmq/delivery_limit.ts";
import { until } from "../../../fixtures/until.ts";

/** Makes the fixture's queue as a quorum queue. */
async function makeQuorum(fixture: QueueFixture, more: Record<string, unknown>): Promise<void> {
  const args = { "x-queue-type": "quorum", ...more };
  await fixture.client.channel.assertQueue(fixture.queue, { durable: true, arguments: args });
}

/** Takes all events of the queue and requeues them, `times` times. */
async function returnAll(
  { client: { channel }, queue }: QueueFixture,
  times: number,
): Promise<void> {
  const { messageCount } = await channel.checkQueue(queue);
  for (let i = 0; i < times; i++) {
    for (let taken = 0; taken < messageCount;) {
      if (await channel.get(queue)) taken++;
    }
    channel.nackAll(true);
  }
  await until(
    "all are back",
    async () => (await channel.checkQueue(queue)).messageCount === messageCount,
  );
}

queueTest(
  "an event that was returned five times is replaced at the end of its queue",
  async (fixture) => {
    await makeQuorum(fixture, { "x-delivery-limit": 20 });
    await fixture.client.publish(fixture.queue, '"often"', { messageId: "m", priority: 3 });
    await returnAll(fixture, 5);
    await fixture.client.publish(fixture.queue, '"later"');
    const ids: string[] = [];
    const engine = await fixture.start({ consume: (_, { event }) => void ids.push(event.id) });
    await engine.untilSettled("processed", 2);
    assert.deepEqual(engine.ledger, [{ event: "later", attempt: 1 }, {
      event: "often",
      attempt: 1,
    }]);
    assert.equal(ids[1], "m");
    assert.deepEqual([engine.notices, fixture.notices], [[], []]);
  },
);

queueTest("an event that was returned four times runs", async (fixture) => {
  await makeQuorum(fixture, { "x-delivery-limit": 20 });
  await fixture.client.publish(fixture.queue, '"often"');
  await returnAll(fixture, 4);
  await fixture.client.publish(fixture.queue, '"later"');
  const engine = await fixture.start();
  await engine.untilSettled("processed", 2);
  assert.deepEqual(engine.events, ["often", "later"]);
});

for (const [limit, stops] of [[20, 25], [3, 10]] as const) {
  queueTest(`a delivery limit of ${limit} costs no event in ${stops} stops`, async (fixture) => {
    await makeQuorum(fixture, { "x-delivery-limit": limit });
    const events = Array.from({ length: 20 }, (_, n) => n);
    for (const n of events) await fixture.client.publish(fixture.queue, String(n));
    for (let i = 0; i < stops; i++) {
      const engine = await fixture.start({ consume: (_, { signal }) => untilAborted(signal) });
      await engine.untilRan(1);
      await engine.stop(0);
    }
    const last = await fixture.start();
    await last.untilSettled("processed", events.length);
    assert.deepEqual(last.events.toSorted((a, b) => Number(a) - Number(b)), events);
    const warnings = fixture.notices.filter((text) => text.includes(" has a delivery limit of "));
    assert.equal(warnings.length, limit < 6 ? stops + 1 : 0);
    if (limit === 3) {
      assert.match(warnings[0] ?? "", /^warning: Queue \S+ has a delivery limit of 3: it drops /);
    }
  });
}

queueTest(
  "the limit that RabbitMQ 4 sets by itself costs no event in 25 stops",
  async (fixture) => {
    await makeQuorum(fixture, {});
    const { client, queue } = fixture;
    for (const n of [1, 2, 3]) await client.publish(queue, String(n));
    for (let i = 0; i < 25; i++) {
      const engine = await fixture.start({ consume: (_, { signal }) => untilAborted(signal) });
      await engine.untilRan(1);
      await engine.stop(0);
    }
    const last = await fixture.start();
    await last.untilSettled("processed", 3);
    assert.deepEqual(last.events.toSorted(), [1, 2, 3]);
    await last.stop(0);
    // A client that replaces no event shows whether there is a limit.
    await client.publish(queue, "4");
    const limited = Number.parseInt(client.model.connection.serverProperties.version) >= 4;
    for (let i = 0; i <= 20; i++) {
      await until("the event is there", async () => {
        const isThere = await client.channel.get(queue) !== false;
        if (isThere) client.channel.nackAll(true);
        return isThere;
      });
    }
    await until(`${limited ? "no" : "one"} event is left`, async () => {
      return await client.ready(queue) === (limited ? 0 : 1);
    });
  },
);

for (const overflow of ["drop-head", "reject-publish"]) {
  queueTest(
    `a full queue with ${overflow} loses no event that was returned often`,
    async (fixture) => {
      await makeQuorum(fixture, { "x-max-length": 2, "x-overflow": overflow });
      for (const body of ['"a"', '"b"']) await fixture.client.publish(fixture.queue, body);
      await returnAll(fixture, 7);
      const engine = await fixture.start();
      await engine.untilSettled("processed", 2);
      assert.deepEqual(engine.events.toSorted(), ["a", "b"]);
      const errors = fixture.notices.filter((text) => text.startsWith("error: "));
      assert.equal(errors.length, overflow === "drop-head" ? 1 : 0);
      if (overflow === "reject-publish") return;
      assert.match(
        errors[0] ?? "",
        /^error: An event of queue \S+ was returned 7 times, and the queue may drop it in the end\. It is not replaced by a copy, because a full queue with x-max-length would /,
      );
    },
  );
}

queueTest("a limit is found beside other arguments", async (fixture) => {
  await makeQuorum(fixture, {
    "x-delivery-limit": 4,
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": "nowhere",
    "x-message-ttl": 600_000,
  });
  await fixture.start();
  assert.match(fixture.notices.join("\n"), /^warning: Queue \S+ has a delivery limit of 4: /m);
});

const AT: readonly [limit: number | undefined, at: number][] = [
  [undefined, 5],
  [20, 5],
  [10, 5],
  [9, 4],
  [6, 3],
  [3, 1],
  [1, 1],
  [0, 1],
];

Deno.test("an event is replaced after five returns, or half of a lower limit", () => {
  for (const [limit, at] of AT) assert.equal(copyAt(limit), at, `a limit of ${limit}`);
});

Deno.test("an event without a count is not near its limit", () => {
  const limit = new DeliveryLimit("q", () => {});
  for (const count of [undefined, "9", 4]) assert(!limit.isNear(count), String(count));
  assert(limit.isNear(5));
});
