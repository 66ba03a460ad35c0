import assert from "node:assert/strict";
import { PeekBounds } from "../../../lib/engine/broker/peek_bounds.ts";
import { peek } from "../../../lib/engine/broker/rabbitmq/browse.ts";
import { queueTest } from "../../fixtures/rabbitmq/queue_fixture.ts";

const EVENT = (bytes: number) => ({ body: new Uint8Array(bytes) });

Deno.test("a peek ends after its number of events, 64 MB or 10 s", () => {
  let now = 1000;
  const bounds = (events: number) => new PeekBounds({ events, clock: () => now });
  const some = bounds(2);
  assert.equal(some.left, 2);
  for (const left of [1, 0]) {
    some.add(EVENT(1));
    assert.equal(some.left, left);
  }
  const large = bounds(1000);
  large.add(EVENT(64 * 1024 * 1024 - 1));
  assert.equal(large.left, 999);
  large.add(EVENT(1));
  assert.equal(large.left, 0);
  const slow = bounds(1000);
  now += 9999;
  assert.equal(slow.left, 1000);
  now += 1;
  assert.equal(slow.left, 0);
});

queueTest("a peek of RabbitMQ takes no more than its bounds, and all stays", async (fixture) => {
  const { queue, client } = fixture;
  const broker = await fixture.broker();
  await broker.declare(queue);
  for (let index = 0; index < 5; index++) await broker.publish(queue, "12345");
  const bodies = async (bounds: PeekBounds) => (await peek(client.model, queue, bounds)).length;
  assert.equal(await bodies(new PeekBounds({ events: 3 })), 3);
  assert.equal(await bodies(new PeekBounds({ events: 9, bytes: 6 })), 2);
  assert.equal(await bodies(new PeekBounds({ events: 9, ms: 0 })), 0);
  assert.equal((await broker.depth(queue))?.ready, 5);
});
