import assert from "node:assert/strict";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { publishEvent } from "../../../lib/engine/broker/publish.ts";
import { shardName, shardQueue, unsharded } from "../../../lib/engine/host/shards.ts";

Deno.test("publishEvent declares a queue that does not exist", async () => {
  await using broker = new MemoryBroker();
  await Promise.all([1, 2, 3].map((id) => publishEvent(broker, "test", `{"id":${id}}`)));
  assert.equal((await broker.depth("test"))?.ready, 3);
});

Deno.test("publishEvent keeps the body and sets an id, the time and the content type", async () => {
  await using broker = new MemoryBroker();
  const before = Date.now();
  const body = new TextEncoder().encode('{"id": 1}');
  await publishEvent(broker, "test", body);
  const [event] = await broker.peek("test", 1);
  assert.deepEqual(new Uint8Array(event?.body ?? []), body);
  const { messageId, timestamp = 0, contentType, headers } = event?.properties ?? {};
  assert.match(messageId ?? "", /^[0-9a-f-]{36}$/);
  assert(timestamp * 1000 > before - 1000 && timestamp * 1000 <= Date.now());
  assert(Number(headers?.timestamp_in_ms) >= before);
  assert.equal(contentType, "application/json");
});

Deno.test("publishEvent sets the id that it is given", async () => {
  await using broker = new MemoryBroker();
  await publishEvent(broker, "test", "{}", { id: "missed:7" });
  const [event] = await broker.peek("test", 1);
  assert.equal(event?.properties.messageId, "missed:7");
});

Deno.test("publishEvent passes on what the broker refuses", async () => {
  const refused = new BrokerError("refused", "RabbitMQ refused the event");
  const broker = new class extends MemoryBroker {
    override publish(): Promise<void> {
      return Promise.reject(refused);
    }
  }();
  await assert.rejects(publishEvent(broker, "test", "{}"), refused);
});

const byUser = (event: unknown, shards: number) =>
  (event as { user_profile_id: number }).user_profile_id % shards + 1;

const CHOSEN: readonly [shards: number | undefined, user: number, queue: string][] = [
  [undefined, 7, "user_activity"],
  [1, 7, "user_activity"],
  [4, 7, "user_activity_shard4"],
  [4, 8, "user_activity_shard1"],
];

for (const [shards, user, queue] of CHOSEN) {
  Deno.test(`shardQueue sends user ${user} of ${shards} shards to ${queue}`, () => {
    const event = { user_profile_id: user };
    assert.equal(shardQueue("user_activity", event, shards, byUser), queue);
  });
}

Deno.test("shardQueue reports a worker that does not say which shard", () => {
  assert.throws(() => shardQueue("test", {}, 2, undefined), {
    name: "RangeError",
    message: "test has 2 shards, but its worker does not say which event belongs to which: " +
      "give it a shard function, or remove the setting TEST_SHARDS",
  });
});

for (const wrong of [0, 3, 1.5, NaN]) {
  Deno.test(`shardQueue reports a worker that says shard ${wrong} of 2`, () => {
    assert.throws(() => shardQueue("test", {}, 2, () => wrong), {
      name: "RangeError",
      message: `The shard function of worker test returned ${wrong}: ` +
        "it must return a whole number from 1 to 2",
    });
  });
}

Deno.test("unsharded takes the number off a shard's name only", () => {
  assert.equal(unsharded(shardName("user_activity", 12)), "user_activity");
  assert.equal(unsharded("user_activity"), "user_activity");
  assert.equal(unsharded("my_sharded"), "my_sharded");
});
