/**
 * How the consumer tells events apart: by their ids, and those without an id by their content.
 *
 * @module
 */

import assert from "node:assert/strict";
import { consuming, event, FAILED, holding, QUEUE } from "../../fixtures/consumer.ts";
import { Gates, turn } from "../../fixtures/executor.ts";
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
