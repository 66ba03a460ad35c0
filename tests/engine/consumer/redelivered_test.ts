import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bareEntry } from "../../../lib/engine/consumer/entry.ts";
import { Redelivered } from "../../../lib/engine/consumer/redelivered.ts";
import { Discard, Fail } from "../../../lib/worker.ts";
import { type Consuming, consuming, event } from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
import { FakeBroker, type FakeDelivery } from "../../fixtures/fake_broker.ts";
import { gated } from "../../fixtures/journal.ts";

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
    await loseWithCopy(lost);
  },
  "the channel is closed while its copy is being stored": async (lost) => {
    lost.broker.copies = "hold";
    await lost.end();
    await loseWithCopy(lost);
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

/** Loses the channel and the copy that is being stored, if there is one; the event comes again. */
async function loseWithCopy(lost: LostRun): Promise<void> {
  if (lost.broker.held.length === 0) return;
  lost.lose();
  lost.broker.held.pop()?.lose();
  await turn();
  lost.broker.copies = "confirm";
  lost.deliverAgain();
}

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
