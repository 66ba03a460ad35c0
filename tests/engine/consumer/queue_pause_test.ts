/**
 * A consumer whose worker throws PauseQueue: what goes to the broker, and in which order.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Discard, PauseQueue } from "../../../lib/worker.ts";
import { consuming, holding, namesIn, QUEUE } from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";

const away = (seconds = 600) => new PauseQueue({ reason: "SMTP", seconds, cause: "no route" });

/** A broker whose pauses end when the test says so. */
class SlowBroker extends FakeBroker {
  readonly paused = Promise.withResolvers<void>();
  override async pause(): Promise<void> {
    await super.pause();
    await this.paused.promise;
  }
}

Deno.test("Consumer gives events back only when the broker delivers no more, in the order of their deliveries", async () => {
  const broker = new SlowBroker();
  const gates = new Gates();
  const worker = { concurrency: 2, consume: ({ id }: { id: string }) => gates.enter(id) };
  await using run = await consuming({ broker, worker });
  for (const name of ["a", "b", "c", "d"]) broker.deliver({ name });
  await gates.entries(2);
  gates.leave("b", away());
  await turn();
  assert.equal(broker.prefetch, 0);
  broker.deliver("e");
  gates.leave("a", away());
  await turn();
  assert.deepEqual([broker.carriedOut, run.consumer.inFlight], [[], 4]);
  broker.paused.resolve();
  await run.count(4);
  await turn();
  assert.deepEqual(broker.carriedOut, [
    ...["a release", "b release", "c release", "d release", "e release"],
  ]);
  assert.equal(run.consumer.inFlight, 0);
  assert.deepEqual(run.consumer.totals, { processed: 0, retried: 0, failed: 0 });
});

Deno.test("Consumer forgets what was lost while it waited to give it back, and runs it when it comes again", async () => {
  const broker = new SlowBroker();
  const gates = new Gates();
  const over: (() => void)[] = [];
  await using run = await consuming({
    broker,
    worker: { consume: ({ id }) => gates.enter(id) },
    after: (_ms, end) => {
      over.push(end);
      return () => {};
    },
  });
  broker.deliver("a");
  await gates.entries(1);
  gates.leave("a", away());
  await broker.until("the broker is asked for no more", () => broker.prefetch === 0);
  await turn();
  broker.lose();
  broker.paused.resolve();
  await turn();
  assert.deepEqual([broker.carriedOut, run.consumer.inFlight], [[], 0]);
  over[0]?.();
  await broker.until("one is taken", () => broker.prefetch === 1);
  broker.deliver({ name: "a", redelivered: true });
  await gates.entries(2);
  gates.leave("a");
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["a done"]);
});

Deno.test("Consumer takes one event when a pause is over, and as many as usual when that has ended well", async () => {
  await using broker = await holding("a", "b", "c");
  const gates = new Gates();
  const over: (() => void)[] = [];
  await using run = await consuming({
    broker,
    worker: { concurrency: 4, consume: ({ id }) => gates.enter(id) },
    after: (_ms, end) => {
      over.push(end);
      return () => {};
    },
  });
  await gates.entries(3);
  gates.leave("b", away());
  await run.count(1);
  assert.equal(run.consumer.waitingFor, "SMTP");
  over[0]?.();
  await gates.entries(4);
  await turn();
  // a and c still run from before.
  assert.deepEqual(gates.entered, ["a", "b", "c", "b"]);
  gates.leave("c");
  await run.count(2);
  assert.equal(run.consumer.waitingFor, "SMTP");
  gates.leave("b", new Discard());
  await run.count(3);
  assert.equal(run.consumer.waitingFor, undefined);
  gates.leave("a", away());
  await run.count(4);
  assert.equal(run.consumer.waitingFor, undefined, "a is of the first pause");
  await gates.entries(5);
  gates.leave("a");
});

Deno.test("Consumer warns when it begins to wait, and says how long it did", async () => {
  const broker = new FakeBroker();
  const thrown: (PauseQueue | undefined)[] = [away(), away()];
  const over: { readonly ms: number; readonly end: () => void }[] = [];
  await using run = await consuming({
    broker,
    worker: {
      consume: () => {
        const error = thrown.shift();
        if (error) throw error;
      },
    },
    after: (ms, end) => {
      over.push({ ms, end });
      return () => {};
    },
  });
  for (const [index, name] of ["a", "b", "c"].entries()) {
    broker.deliver(name);
    await run.count(index + 1);
    over[index]?.end();
  }
  assert.deepEqual(over.map(({ ms }) => ms), [300_000, 300_000]);
  assert.deepEqual(
    run.notices.map(({ level, message, properties }) => [level, message, properties]),
    [
      ["warning", "Queue {queue} waits for {reason}: {why}; it is tried again in {seconds} s", {
        reason: "SMTP",
        why: "no route",
        seconds: 300,
      }],
      ["info", "Queue {queue} takes events again; it waited {seconds} s for {reason}", {
        reason: "SMTP",
        seconds: 0,
      }],
    ],
  );
});

Deno.test("Consumer says each hour that it still waits, and for how long", async () => {
  const broker = new FakeBroker();
  const over: (() => void)[] = [];
  let passed = 0;
  const now = performance.now.bind(performance);
  performance.now = () => now() + passed;
  try {
    const errors = [
      away(),
      away(),
      new PauseQueue({ reason: "SMTP", seconds: 300 }),
    ];
    await using run = await consuming({
      broker,
      worker: {
        consume: () => {
          throw errors.shift();
        },
      },
      after: (_ms, end) => {
        over.push(end);
        return () => {};
      },
    });
    for (const [index, name] of ["a", "b", "c"].entries()) {
      broker.deliver(name);
      await run.count(index + 1);
      passed += 3_600_000;
      over[index]?.();
    }
    assert.deepEqual(
      run.notices.slice(1).map(({ level, message, properties }) => [level, message, properties]),
      [
        ["warning", "Queue {queue} still waits for {reason}, for {hours} h: {why}", {
          reason: "SMTP",
          why: "no route",
          hours: 1,
        }],
        ["warning", "Queue {queue} still waits for {reason}, for {hours} h", {
          reason: "SMTP",
          why: "",
          hours: 2,
        }],
      ],
    );
  } finally {
    performance.now = now;
  }
});

Deno.test("Consumer that stops begins no pause", async () => {
  await using broker = await holding("a", "b");
  const gates = new Gates();
  const worker = { concurrency: 2, consume: ({ id }: { id: string }) => gates.enter(id) };
  await using run = await consuming({ broker, worker });
  await gates.entries(2);
  const stopped = run.consumer.stop(60_000);
  gates.leave("a", away());
  await run.count(1);
  assert.equal(run.consumer.waitingFor, undefined);
  gates.leave("b");
  await stopped;
  assert.deepEqual(run.notices, []);
  assert.deepEqual(await namesIn(broker, QUEUE), ["a"]);
});

Deno.test("Consumer that waits stops at once", async () => {
  await using broker = await holding("a");
  const consume = () => {
    throw away();
  };
  await using run = await consuming({ broker, worker: { consume } });
  await run.count(1);
  await run.consumer.stop(60_000);
  assert.deepEqual(await namesIn(broker, QUEUE), ["a"]);
});

Deno.test("Consumer releases what it took in the moment in which its queue begins to wait", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  const worker = { consume: ({ id }: { id: string }) => gates.enter(id) };
  await using run = await consuming({ broker, worker });
  broker.deliver("a");
  await gates.entries(1);
  gates.leave("a", away());
  broker.deliver("b");
  await run.count(2);
  assert.deepEqual(broker.carriedOut, ["a release", "b release"]);
  assert.deepEqual(gates.entered, ["a"]);
});

Deno.test("Consumer waits on after an event that its worker cannot take, as no handler has tried", async () => {
  const broker = new FakeBroker();
  const over: (() => void)[] = [];
  await using run = await consuming({
    broker,
    worker: {
      consume: () => {
        throw away();
      },
    },
    after: (_ms, end) => {
      over.push(end);
      return () => {};
    },
  });
  broker.deliver("a");
  await run.count(1);
  over[0]?.();
  await broker.until("one is taken", () => broker.prefetch === 1);
  broker.deliver({ name: "invalid", body: '{"no":"id"}' });
  await run.count(2);
  assert.deepEqual(run.outcomes, ["a released", "invalid failed"]);
  assert.equal(run.consumer.waitingFor, "SMTP");
  assert.equal(broker.prefetch, 1);
});
