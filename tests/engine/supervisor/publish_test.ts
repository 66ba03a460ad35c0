import assert from "node:assert/strict";
import { type Broker, BrokerError } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { supervised } from "../../fixtures/supervisor.ts";
import { until } from "../../fixtures/until.ts";

/** A broker that takes nothing for the queue `full`. */
class Refusing extends MemoryBroker {
  override publish(...args: Parameters<Broker["publish"]>): Promise<void> {
    if (args[0] !== "full") return super.publish(...args);
    return Promise.reject(new BrokerError("refused", "the queue full takes no more"));
  }
}

Deno.test("what a handler in a thread publishes is in its queue when it goes on", async () => {
  await using queue = await supervised();
  const { broker, handlers } = queue;
  await broker.publish("steered", JSON.stringify({ id: "a", do: "publish", to: "other" }));
  assert.equal(await handlers.tell("a"), "published");
  const [event] = await broker.peek("other", 2);
  assert.equal(new TextDecoder().decode(event?.body), '{"from":"a"}');
  await until("its event is done", async () => (await broker.depth("steered"))?.ready === 0);
});

Deno.test("a handler in a thread that publishes what is not JSON gets an error", async () => {
  await using queue = await supervised();
  await queue.broker.publish(
    "steered",
    JSON.stringify({ id: "a", do: "publish nothing", to: "b" }),
  );
  assert.deepEqual(await queue.handlers.tell("a"), {
    name: "TypeError",
    message: "An event for queue b cannot be published: a value of type undefined is not JSON",
    kind: undefined,
  });
});

Deno.test("a BrokerError comes to a handler in a thread as what it is", async () => {
  await using queue = await supervised({ broker: new Refusing() });
  await queue.broker.publish("steered", JSON.stringify({ id: "a", do: "publish", to: "full" }));
  assert.deepEqual(await queue.handlers.tell("a"), {
    name: "BrokerError",
    message: "the queue full takes no more",
    kind: "refused",
  });
});

Deno.test("a handler that publishes to a queue that nobody knows is warned of once, with the nearest name", async () => {
  await using queue = await supervised();
  const { broker, handlers, notices } = queue;
  for (const [id, to] of [["a", "tset"], ["b", "tset"], ["c", "noop"], ["d", "elsewhere"]]) {
    await broker.publish("steered", JSON.stringify({ id, do: "publish", to }));
    assert.equal(await handlers.tell(id ?? ""), "published");
  }
  const warnings = notices.filter(({ level }) => level === "warning");
  assert.deepEqual(warnings.map(({ properties }) => properties), [
    { to: "tset", meant: "test" },
    { to: "elsewhere", meant: undefined },
  ]);
  assert.deepEqual(warnings.map(({ message }) => message.endsWith("; did you mean {meant}?")), [
    true,
    false,
  ]);
});
