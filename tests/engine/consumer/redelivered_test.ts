import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bareEntry } from "../../../lib/engine/consumer/entry.ts";
import { Redelivered } from "../../../lib/engine/consumer/redelivered.ts";
import { Discard, Fail } from "../../../lib/worker.ts";
import {
  type Consuming,
  consuming,
  event,
  FAILED,
  holding,
  QUEUE,
} from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
import { FakeBroker, type FakeDelivery } from "../../fixtures/fake_broker.ts";
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

/** What a run comes to, and how its event is settled. */
const RUNS: Readonly<Record<string, [thrown: Error | undefined, settlement: string]>> = {
  "succeeds": [undefined, "done"],
  "is discarded": [new Discard("old"), "done"],
  "fails": [new Error("no"), "retry"],
  "fails for good": [new Fail("no"), "fail"],
};

/** A run of the event `e` whose delivery is lost, and what a test does with it. */
interface LostRun {
  readonly run: Consuming;
  readonly broker: FakeBroker;
  readonly gates: Gates;
  /** Loses the channel. */
  lose(): void;
  /** Has the broker deliver the event again. */
  deliverAgain(): FakeDelivery;
  /** Ends the run. */
  end(): Promise<void>;
}

/** The ways from a delivery to a run that is not acknowledged. After each the event comes again. */
const WAYS: Readonly<Record<string, (lost: LostRun) => Promise<void>>> = {
  "the channel is closed while it runs, and it comes again before the run ends": async (lost) => {
    lost.lose();
    lost.deliverAgain();
    await lost.end();
  },
  "the channel is closed while it runs, and it comes again after the run": async (lost) => {
    lost.lose();
    await lost.end();
    lost.deliverAgain();
  },
  "each of its deliveries lasts shorter than the run": async (lost) => {
    for (let i = 0; i < 5; i++) {
      lost.lose();
      lost.deliverAgain();
      await turn();
    }
    lost.lose();
    await lost.end();
    lost.deliverAgain();
  },
  "the delivery that came after the run is lost as well": async (lost) => {
    lost.lose();
    await lost.end();
    lost.broker.copies = "hold";
    lost.deliverAgain();
    await turn();
    if (lost.broker.held.length === 0) return;
    lost.lose();
    lost.broker.held.pop()?.lose();
    await turn();
    lost.broker.copies = "confirm";
    lost.deliverAgain();
  },
  "the channel is closed while its copy is being stored": async (lost) => {
    lost.broker.copies = "hold";
    await lost.end();
    if (lost.broker.held.length === 0) return;
    lost.lose();
    lost.broker.held.pop()?.lose();
    await turn();
    lost.broker.copies = "confirm";
    lost.deliverAgain();
  },
  "its copy is refused for ten minutes": async (lost) => {
    lost.broker.copies = "refuse";
    await lost.end();
    if (lost.broker.unsettled.size === 0) return;
    lost.run.consumer.sweep(performance.now() + 600_000);
    await turn();
    lost.run.consumer.sweep(performance.now() + 700_000);
    lost.broker.copies = "confirm";
    lost.lose();
    lost.deliverAgain();
  },
};

for (const [way, go] of Object.entries(WAYS)) {
  for (const [end, [thrown, settlement]] of Object.entries(RUNS)) {
    for (const messageId of ["e", ""]) {
      const title = `an event ${messageId ? "with" : "without"} an id that ${end} runs once`;
      Deno.test(`${title}: ${way}`, async () => {
        const broker = new FakeBroker();
        const gates = new Gates();
        await using run = await consuming({
          broker,
          settings: { retries: [5] },
          worker: { consume: (event) => gates.enter(event.id) },
        });
        broker.deliver({ name: "e", messageId });
        await gates.entries(1);
        await go({
          run,
          broker,
          gates,
          lose: () => void broker.lose(),
          deliverAgain: () => broker.deliver({ name: "e", messageId, redelivered: true }),
          async end() {
            gates.leave("e", ...(thrown ? [thrown] : []));
            await turn();
          },
        });
        await broker.until("it is settled", () => broker.unsettled.size === 0);
        await run.count(1);
        assert.deepEqual(gates.entered, ["e"]);
        assert.equal(broker.carriedOut.at(-1), `e ${settlement}`);
        assert.equal(run.settled.length, 1);
        assert.equal(run.consumer.inFlight, 0);
      });
    }
  }
}

Deno.test("Consumer joins one of two events with the same body and no id, and runs the other", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  const twin = { messageId: "", body: event("same") };
  broker.deliver({ ...twin, name: "first" });
  broker.deliver({ ...twin, name: "second" });
  await gates.entries(1);
  broker.lose();
  broker.deliver({ ...twin, name: "first", redelivered: true });
  broker.deliver({ ...twin, name: "second", redelivered: true });
  gates.leave("same");
  await gates.entries(2);
  assert.deepEqual(broker.carriedOut, ["first done"]);
  gates.leave("same");
  await run.count(2);
  assert.deepEqual(broker.carriedOut, ["first done", "second done"]);
});

Deno.test("Consumer gives an event an id by a copy when it may be one whose delivery was lost", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  const body = event("e");
  broker.deliver({ name: "e", messageId: "" });
  await gates.entries(1);
  broker.lose();
  broker.deliver("new");
  broker.deliver({ name: "again", messageId: "", body, redelivered: true });
  await broker.until("it is copied", () => broker.copiedIds.length === 1);
  assert.deepEqual(broker.carriedOut, ["again republish"]);
  gates.leave("e");
  await gates.entries(2);
  gates.leave("new");
  // From now on it is known by its id, however long it runs.
  const copy = { name: "copy", messageId: broker.copiedIds[0] ?? "", body };
  broker.deliver(copy);
  await gates.entries(3);
  broker.lose();
  gates.leave("e");
  await run.count(4);
  broker.deliver("newer");
  broker.deliver({ ...copy, redelivered: true });
  await broker.until("it is acknowledged", () => broker.carriedOut.includes("copy done"));
  assert.deepEqual(gates.entered, ["e", "new", "e", "newer"]);
  gates.leave("newer");
});

for (const isRunning of [true, false]) {
  const title = isRunning ? "still runs" : "has run";
  Deno.test(`Consumer runs an event with the body of one that ${title}, which did not come again at its time`, async () => {
    const broker = new FakeBroker();
    const gates = new Gates();
    await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
    const body = event("e");
    broker.deliver({ name: "e", messageId: "", body });
    await gates.entries(1);
    broker.lose();
    if (!isRunning) gates.leave("e");
    await turn();
    // Another process has got it: a new event comes first.
    broker.deliver("new");
    await turn();
    broker.lose();
    broker.deliver({ name: "twin", messageId: "", body, redelivered: true });
    await turn();
    assert.deepEqual(broker.carriedOut, ["twin republish"]);
    if (isRunning) gates.leave("e");
    else gates.leave("new");
    await run.count(1);
  });
}

Deno.test("Consumer tells large events without an id apart by all of their bodies", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  const middle = 100_000;
  const worker = { consume: (e: { id: string }) => gates.enter(e.id.charAt(middle)) };
  await using run = await consuming({ broker, worker });
  const body = (n: string) => event("e".repeat(middle) + n + "e".repeat(middle));
  broker.deliver({ name: "one", messageId: "", body: body("1") });
  await gates.entries(1);
  broker.lose();
  gates.leave("1");
  await run.count(1);
  broker.deliver({ name: "two", messageId: "", body: body("2"), redelivered: true });
  await turn();
  assert.deepEqual(gates.entered, ["1", "2"]);
  gates.leave("2");
  await run.count(2);
});

Deno.test("Redelivered remembers ten thousand events at most, also with one body", () => {
  const redelivered = new Redelivered(false, () => []);
  const delivery = { body: Buffer.from(""), properties: {}, redelivered: true, lost: true };
  const entry = bareEntry(delivery, 0);
  redelivered.lost();
  for (let i = 0; i < 10_001; i++) redelivered.remember(entry);
  let known = 0;
  while (redelivered.duplicateOf(entry)) known++;
  assert.equal(known, 10_000);
});

Deno.test("Consumer does not take a retry for its original, whose run ended before", async () => {
  const broker = new FakeBroker();
  const gates = new Gates();
  await using run = await consuming({ broker, worker: { consume: (e) => gates.enter(e.id) } });
  broker.deliver("e");
  await gates.entries(1);
  broker.lose();
  gates.leave("e");
  await run.count(1);
  const headers = { "x-pq-attempts": 1, "x-pq-failed-at": "2026-01-01T00:00:00.000Z" };
  broker.deliver({ name: "retry", messageId: "e", body: event("e"), headers, redelivered: true });
  await gates.entries(2);
  gates.leave("e");
  await run.count(2);
});

Deno.test("an event without an id has the same one in all its attempts and in its dead letter", async () => {
  await using broker = await holding();
  await broker.publish(QUEUE, event("e"));
  const ids: string[] = [];
  await using run = await consuming({
    broker,
    settings: { retries: [1] },
    worker: {
      consume(_, ctx) {
        ids.push(ctx.event.id);
        throw new Error("no");
      },
    },
  });
  await run.count(2);
  const [letter] = await broker.peek(FAILED, 1);
  assert.match(ids[0] ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(ids, [ids[0], ids[0]]);
  assert.equal(letter?.properties.messageId, ids[0]);
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
