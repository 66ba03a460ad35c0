import assert from "node:assert/strict";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import type { ProcessSnapshot } from "../../lib/monitoring/snapshot.ts";
import { BrokerLooks, noLook, type QueueLook } from "../../lib/operations/broker_look.ts";
import { Sampler } from "../../lib/operations/sampler.ts";
import { demandsOn } from "../../lib/operations/thresholds.ts";
import { exampleSnapshot } from "../fixtures/server/fake_control.ts";

const LOOK: QueueLook = { ...noLook(""), problem: null, exists: true, consumers: 1, failed: 2 };

/** A sampler of the queue `mails`, which one process runs. */
class Sampled {
  processed = 0;
  readonly sampler = new Sampler({
    looks: () => undefined,
    queues: () => ["mails"],
    processes: () => Promise.resolve([this.#process()]),
    pause: () => null,
    demands: (queue) => ({ ...demandsOn(queue, new Map()), failedLimit: null }),
  });

  async look(seconds: number, look: Partial<QueueLook>) {
    const all = () => Promise.resolve(new Map([["mails", { ...LOOK, ...look }]]));
    await this.sampler.sample({ all }, seconds * 1000);
    return this.sampler.reports[0];
  }

  #process(): ProcessSnapshot {
    const example = exampleSnapshot();
    const queues = example.queues.map((one) => ({ ...one, processed: this.processed }));
    return { ...example, queues };
  }
}

Deno.test("the sampler knows the rate, the age by counting and the trend of a queue", async () => {
  const sampled = new Sampled();
  const first = await sampled.look(0, { ready: 0 });
  assert.deepEqual([first?.rate, first?.oldest_seconds], [null, null]);
  await sampled.look(10, { ready: 20 });
  sampled.processed = 5;
  const report = await sampled.look(20, { ready: 30 });
  assert.deepEqual([report?.rate, report?.ready, report?.unacked], [0.5, 30, 0]);
  assert.equal(report?.oldest_is_estimate, true);
  assert.equal(report?.oldest_seconds, 17);
  const { ready, failed, consumers } = sampled.sampler.samples.get("mails") ?? {};
  assert.deepEqual([ready, failed, consumers], [30, 2, 1]);
});

Deno.test("with a consumer of another program the age and what is not acknowledged are not known", async () => {
  const sampled = new Sampled();
  await sampled.look(0, { ready: 0, consumers: 2 });
  const report = await sampled.look(10, { ready: 20, consumers: 2 });
  assert.deepEqual([report?.oldest_seconds, report?.unacked], [null, null]);
});

Deno.test("a queue of which the broker says nothing has no sample, and is unknown", async () => {
  const sampled = new Sampled();
  await sampled.look(0, { ready: 3 });
  const report = await sampled.look(10, noLook("the broker does not answer"));
  assert.deepEqual([report?.state, report?.ready], ["unknown", null]);
  assert.equal(report?.reason, "the broker does not answer");
  assert.equal(sampled.sampler.samples.size, 0);
});

Deno.test("a queue of retries that is not there is asked for again after a minute", async () => {
  const asked: string[] = [];
  const memory = new MemoryBroker();
  const broker = {
    depth: (queue: string) => {
      asked.push(queue);
      return queue === "mails.failed"
        ? Promise.resolve({ ready: 0, consumers: 1 })
        : memory.depth(queue);
    },
    waiting: () => Promise.reject(new Error("RabbitMQ is asked for each step")),
    peek: () => Promise.reject(new Error("RabbitMQ would give an event away")),
  };
  let clock = 0;
  const looks = new BrokerLooks({ broker, isEmbedded: false, clock: () => clock });
  const look = await looks.look("mails");
  assert.equal(look.isBeingRepaired, true);
  assert.equal(look.failed, null);
  // A repair that waits for its rate has the lock, and consumes nothing.
  const paced = new BrokerLooks({
    broker: {
      waiting: broker.waiting,
      peek: broker.peek,
      isLocked: (queue: string) => {
        return Promise.resolve(queue === "mails.failed");
      },
      depth: () => Promise.resolve({ ready: 0, consumers: 0 }),
    },
    isEmbedded: false,
  });
  assert.equal((await paced.look("mails")).isBeingRepaired, true);
  const steps = () => asked.splice(0).filter((name) => name.includes(".retry.")).length;
  assert.equal(steps(), 9);
  clock = 59_999;
  await looks.look("mails");
  assert.equal(steps(), 0);
  clock = 60_000;
  await looks.look("mails");
  assert.equal(steps(), 9);
});
