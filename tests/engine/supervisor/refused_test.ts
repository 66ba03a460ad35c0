import assert from "node:assert/strict";
import type { Broker, Subscription } from "../../../lib/engine/broker/broker.ts";
import { BrokerError } from "../../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../../lib/engine/broker/memory.ts";
import { supervised } from "../../fixtures/supervisor.ts";

/** A broker that refuses every consumer until the test allows them. */
class Forbidding extends MemoryBroker {
  refusals = 0;
  isForbidden = true;

  override subscribe(...args: Parameters<Broker["subscribe"]>): Subscription {
    const subscription = super.subscribe(...args);
    const resume = subscription.resume.bind(subscription);
    subscription.resume = (prefetch) => {
      if (!this.isForbidden) return resume(prefetch);
      this.refusals++;
      return Promise.reject(new BrokerError("permission", "you may not read it"));
    };
    return subscription;
  }
}

Deno.test("a queue that the broker refuses is parked, and consumed once it is allowed", async () => {
  const broker = new Forbidding();
  await using queue = await supervised({ broker, isOnly: false, parkSeconds: 0.05 });
  await queue.until("it was refused twice", () => broker.refusals > 1);
  const [notice] = queue.notices;
  assert.equal(
    notice?.message,
    "Queue {queue} is parked: the broker does not allow consuming it. It is tried again every " +
      "{park} s",
  );
  assert.equal(notice?.error?.message, "you may not read it");
  assert(!queue.told.includes("not parked"), "it is not consumed again while it is refused");
  broker.isForbidden = false;
  await queue.until("it is consumed", () => queue.told.includes("not parked"));
  assert.equal(queue.notices.at(-1)?.message, "Queue {queue} is consumed again");
  assert(!queue.supervisor.figures.isParked);
  await broker.publish("steered", JSON.stringify({ id: "a", do: "wait" }));
  await queue.handlers.waits("a");
  queue.handlers.leave("a");
});

Deno.test("a refused queue has had its first start: the others' service is ready", async () => {
  const broker = new Forbidding();
  await using queue = await supervised({ broker, isOnly: false });
  await queue.until("it is ready", () => queue.told.includes("ready"));
  assert(queue.supervisor.figures.isParked);
});

Deno.test("where the process has no other queue, a refusal is thrown", async () => {
  const broker = new Forbidding();
  await using queue = await supervised({ broker });
  await assert.rejects(queue.ended, /you may not read it/);
  assert.deepEqual(queue.told, []);
});

Deno.test("a queue that was quiet while it was refused is consumed when it goes on", async () => {
  const broker = new Forbidding();
  await using queue = await supervised({ broker, isOnly: false, parkSeconds: 0.05 });
  await queue.supervisor.pause();
  await queue.until("it was refused", () => broker.refusals > 1);
  broker.isForbidden = false;
  await queue.until("it is consumed", () => queue.told.includes("not parked"));
  await broker.publish("steered", JSON.stringify({ id: "a", do: "wait" }));
  assert.equal((await broker.depth("steered"))?.ready, 1);
  await queue.supervisor.resume();
  await queue.handlers.waits("a");
  queue.handlers.leave("a");
});

Deno.test("a queue that goes on while it is refused takes events once it is allowed", async () => {
  const broker = new Forbidding();
  await using queue = await supervised({ broker, isOnly: false, parkSeconds: 0.05 });
  await queue.supervisor.pause();
  await queue.until("it was refused", () => broker.refusals > 1);
  await queue.supervisor.resume();
  broker.isForbidden = false;
  await broker.publish("steered", JSON.stringify({ id: "a", do: "wait" }));
  await queue.handlers.waits("a");
  queue.handlers.leave("a");
});
