/** Suspects run alone, and of several queues one at a time runs its own. */

import assert from "node:assert/strict";
import { fingerprint } from "../../../../lib/engine/consumer/suspects/event_key.ts";
import { IsolationTurns } from "../../../../lib/engine/consumer/suspects/turns.ts";
import { turn } from "../../../fixtures/executor.ts";
import { afterKill, gated, ifKilledNow } from "../../../fixtures/journal.ts";

for (const withId of [true, false]) {
  Deno.test(`Consumer runs a suspect ${withId ? "" : "without an id "}alone, and then as any other`, async () => {
    const body = '{"id":"suspect"}';
    const key = withId ? "suspect" : fingerprint(body);
    await using fixture = await afterKill([key, "other"], { settings: { concurrency: 3 } });
    const { dir, broker, gates, run } = fixture;
    broker.deliver("a");
    const suspect = { name: "suspect", body, messageId: withId ? "suspect" : "" };
    broker.deliver(suspect);
    broker.deliver("b");
    await gates.entries(1);
    await turn();
    assert.deepEqual(gates.open, ["a"]);
    gates.leave("a");
    await gates.entries(2);
    await turn();
    assert.deepEqual(gates.open, ["suspect"]);
    assert.deepEqual(ifKilledNow(dir, [key, "b", "other"]), [1, undefined, 0]);
    gates.leave("suspect");
    await gates.entries(3);
    assert.deepEqual(ifKilledNow(dir, [key, "b", "other"]), [undefined, 0, 0]);
    broker.deliver(suspect);
    await gates.entries(4);
    assert.deepEqual(gates.open, ["b", "suspect"]);
    gates.open.forEach((id) => gates.leave(id));
    await run.count(4);
  });
}

Deno.test("Consumer runs an event alone that has crashed before", async () => {
  await using fixture = await gated({ settings: { concurrency: 3 } });
  const { dir, broker, gates, run } = fixture;
  broker.deliver({ name: "a", headers: { "x-pq-attempts": 1, "x-pq-crashes": 1 } });
  broker.deliver("b");
  await gates.entries(1);
  await turn();
  assert.deepEqual(gates.open, ["a"]);
  assert.deepEqual(ifKilledNow(dir, ["a"]), [1]);
  gates.leave("a");
  await gates.entries(2);
  gates.leave("b");
  await run.count(2);
});

Deno.test("Of two queues one at a time runs what may have ended their process", async () => {
  const turns = new IsolationTurns();
  await using one = await afterKill(["a"], { turns });
  await using other = await afterKill(["b"], { turns });
  one.broker.deliver("a");
  await one.gates.entries(1);
  other.broker.deliver("b");
  other.broker.deliver("c");
  await other.gates.entries(1);
  assert.deepEqual(other.gates.open, ["c"]);
  other.gates.leave("c");
  await other.run.count(1);
  await turn();
  assert.deepEqual(other.gates.entered, ["c"]);
  assert.deepEqual(ifKilledNow(one.dir, ["a"]), [1]);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [0]);
  one.gates.leave("a");
  await other.gates.entries(2);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [1]);
  one.broker.deliver({ name: "d", headers: { "x-pq-crashes": 1, "x-pq-attempts": 1 } });
  await turn();
  assert.deepEqual(one.gates.entered, ["a"]);
  other.gates.leave("b");
  await one.gates.entries(2);
  one.gates.leave("d");
  await one.run.count(2);
});

Deno.test("Queues of two processes do not wait for each other's turn", async () => {
  await using one = await afterKill(["a"]);
  await using other = await afterKill(["b"]);
  one.broker.deliver("a");
  other.broker.deliver("b");
  await one.gates.entries(1);
  await other.gates.entries(1);
  one.gates.leave("a");
  other.gates.leave("b");
  await one.run.count(1);
  await other.run.count(1);
});

Deno.test("A queue releases what waits too long for its turn, and is not asked again", async () => {
  const turns = new IsolationTurns();
  await using one = await afterKill(["a"], { turns });
  await using other = await afterKill(["b"], { turns });
  one.broker.deliver("a");
  await one.gates.entries(1);
  other.broker.deliver("b");
  await turn();
  other.run.consumer.sweep(performance.now() + 59_000);
  assert.deepEqual(other.broker.carriedOut, []);
  other.run.consumer.sweep(performance.now() + 61_000);
  assert.deepEqual(other.broker.carriedOut, ["b release"]);
  one.gates.leave("a");
  await one.run.count(1);
  await turn();
  assert.deepEqual(other.gates.entered, []);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [0]);
});

Deno.test("A queue whose event runs for long gives its turn to another that wants it", async () => {
  const turns = new IsolationTurns();
  await using one = await afterKill(["a"], { turns });
  await using other = await afterKill(["b"], { turns });
  one.broker.deliver("a");
  await one.gates.entries(1);
  one.run.consumer.sweep(performance.now() + 11_000);
  assert.deepEqual(ifKilledNow(one.dir, ["a"]), [1]);
  other.broker.deliver("b");
  await turn();
  one.run.consumer.sweep(performance.now() + 9000);
  assert.deepEqual(other.gates.entered, []);
  one.run.consumer.sweep(performance.now() + 11_000);
  await other.gates.entries(1);
  assert.deepEqual(ifKilledNow(one.dir, ["a"]), [0]);
  assert.deepEqual(ifKilledNow(other.dir, ["b"]), [1]);
  one.gates.leave("a");
  other.gates.leave("b");
  await one.run.count(1);
  await other.run.count(1);
});

Deno.test("A queue that stops or loses its broker gives its turn to the next", async () => {
  const turns = new IsolationTurns();
  await using one = await afterKill(["a"], { turns });
  await using other = await afterKill(["b"], { turns });
  one.broker.deliver("a");
  await one.gates.entries(1);
  other.broker.deliver("b");
  other.broker.lose();
  other.broker.deliver("b");
  await turn();
  assert.deepEqual(other.gates.entered, []);
  await one.stop();
  await other.gates.entries(1);
  other.gates.leave("b");
  await other.run.count(1);
  one.gates.leave("a");
});
