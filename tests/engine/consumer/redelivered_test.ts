import assert from "node:assert/strict";
import { Fail } from "../../../lib/worker.ts";
import { consuming } from "../../fixtures/consumer.ts";
import { turn } from "../../fixtures/executor.ts";
import { FakeBroker } from "../../fixtures/fake_broker.ts";
import { gated } from "../../fixtures/journal.ts";

Deno.test("Consumer runs a second publish with the id of one that runs like any event", async () => {
  await using fixture = await gated({ settings: { concurrency: 2 } });
  const { broker, gates, run } = fixture;
  broker.deliver({ name: "first", messageId: "same" });
  broker.deliver({ name: "second", messageId: "same" });
  await gates.entries(2);
  broker.lose();
  broker.deliver({ name: "first", messageId: "same", redelivered: true });
  await turn();
  assert.equal(gates.entered.length, 2, "the first still runs");
  gates.open.forEach((key) => gates.leave(key));
  await run.count(2);
  assert.deepEqual(broker.carriedOut, ["first done"]);
  assert.equal(run.consumer.inFlight, 0);
});

Deno.test("Consumer joins a lost first run by its id, also where the broker has a new copy of it", async () => {
  await using fixture = await gated({ settings: { concurrency: 2 } });
  const { broker, gates, run } = fixture;
  broker.deliver({ name: "first", messageId: "same" });
  await gates.entries(1);
  broker.lose();
  broker.deliver({ name: "copy", messageId: "same" });
  await turn();
  gates.leave("first");
  await run.count(1);
  assert.deepEqual(gates.entered, ["first"]);
  assert.deepEqual(broker.carriedOut, ["copy done"]);
});

Deno.test("Consumer runs events without an id beside each other", async () => {
  await using fixture = await gated({ settings: { concurrency: 2 } });
  const { broker, gates, run } = fixture;
  broker.deliver({ name: "a", messageId: "" });
  broker.deliver({ name: "b", messageId: "" });
  await gates.entries(2);
  gates.open.forEach((key) => gates.leave(key));
  await run.count(2);
});

Deno.test("Consumer does not run an event again that was done when its delivery was lost", async () => {
  await using fixture = await gated();
  const { broker, gates, run } = fixture;
  broker.deliver("a");
  broker.deliver("b");
  await gates.entries(1);
  broker.lose();
  assert.equal(run.consumer.inFlight, 1);
  gates.leave("a");
  await run.count(1);
  broker.deliver({ name: "a", redelivered: true });
  broker.deliver({ name: "b", redelivered: true });
  await gates.entries(2);
  gates.leave("b");
  await run.count(2);
  assert.deepEqual(gates.entered, ["a", "b"]);
  assert.deepEqual(broker.carriedOut, ["a done", "b done"]);
  assert.deepEqual(run.consumer.totals, { processed: 2, retried: 0, failed: 0 });
});

Deno.test("Consumer runs an event again that had failed when its delivery was lost", async () => {
  await using fixture = await gated();
  const { broker, gates, run } = fixture;
  broker.deliver("a");
  await gates.entries(1);
  broker.lose();
  gates.leave("a", new Error("x"));
  await turn();
  assert.equal(run.consumer.inFlight, 0);
  broker.deliver({ name: "a", redelivered: true });
  await gates.entries(2);
  gates.leave("a");
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["a done"]);
});

for (const concurrency of [1, 2]) {
  Deno.test(`Consumer settles the new delivery of what still runs, at a concurrency of ${concurrency}`, async () => {
    await using fixture = await gated({ settings: { concurrency } });
    const { broker, gates, run } = fixture;
    const first = broker.deliver("a");
    await gates.entries(1);
    broker.lose();
    const again = broker.deliver({ name: "a", redelivered: true });
    assert.equal(run.consumer.inFlight, 1);
    gates.leave("a");
    await run.count(1);
    await turn();
    assert.deepEqual(gates.entered, ["a"]);
    assert.equal(first.settlement, undefined);
    assert.equal(again.settlement?.kind, "done");
    assert.equal(run.consumer.inFlight, 0);
  });

  for (const isTaken of [true, false]) {
    const title = isTaken ? "confirmed" : "refused";
    Deno.test(`Consumer settles what comes again before its copy is ${title}, at a concurrency of ${concurrency}`, async () => {
      const broker = new FakeBroker();
      broker.copies = "hold";
      let calls = 0;
      await using run = await consuming({
        broker,
        settings: { concurrency },
        worker: {
          consume() {
            calls++;
            throw new Fail("no");
          },
        },
      });
      broker.deliver("a");
      await broker.until("a copy", () => broker.held.length === 1);
      broker.lose();
      const again = broker.deliver({ name: "a", redelivered: true });
      await turn();
      broker.copies = "confirm";
      if (isTaken) broker.held[0]?.confirm();
      else broker.held[0]?.refuse();
      await turn();
      run.consumer.sweep(performance.now() + 1000);
      await broker.until("both are settled", () => broker.unsettled.size === 0);
      await turn();
      assert.equal(calls, 1);
      assert.equal(again.settlement?.kind, isTaken ? "done" : "fail");
      assert.equal(run.consumer.inFlight, 0);
    });
  }
}
