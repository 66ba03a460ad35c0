/** Which events are suspects, and for how long. */

import assert from "node:assert/strict";
import { fingerprint } from "../../../../lib/engine/consumer/suspects/event_key.ts";
import { turn } from "../../../fixtures/executor.ts";
import {
  afterKill,
  countJournals,
  foundIn,
  gated,
  ifKilledNow,
} from "../../../fixtures/journal.ts";

Deno.test("Consumer keeps suspecting what it releases unrun", async () => {
  await using fixture = await afterKill(["suspect"]);
  const { dir, broker, gates } = fixture;
  broker.deliver("a");
  broker.deliver("suspect");
  await gates.entries(1);
  await fixture.stop();
  assert.deepEqual(broker.carriedOut, ["suspect release"]);
  assert.deepEqual(foundIn(dir, ["a", "suspect"]), [undefined, 0]);
});

Deno.test("Consumer suspects what it releases unrun that was to run alone", async () => {
  await using fixture = await gated();
  const { dir, broker, gates, run } = fixture;
  broker.deliver("running");
  await gates.entries(1);
  broker.deliver({ name: "suspect", headers: { "x-pq-crashes": 1 } });
  await turn();
  run.consumer.sweep(performance.now() + 61_000);
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["suspect release"]);
  assert.deepEqual(ifKilledNow(dir, ["suspect"]), [0]);
  gates.leave("running");
});

Deno.test("Consumer does not suspect an event any more whose handler has thrown", async () => {
  await using fixture = await afterKill(["suspect"]);
  const { dir, broker, gates, run } = fixture;
  broker.deliver("suspect");
  await gates.entries(1);
  gates.leave("suspect", new Error("no"));
  await run.count(1);
  assert.deepEqual(run.outcomes, ["suspect retried"]);
  await fixture.stop();
  assert.equal(countJournals(dir), 0);
});

Deno.test("Consumer still says what runs when the crash of a suspect is counted meanwhile", async () => {
  await using fixture = await afterKill(["suspect"], { alone: true, settings: { concurrency: 2 } });
  const { dir, broker, gates, run } = fixture;
  broker.deliver("a");
  await gates.entries(1);
  broker.deliver("suspect");
  await run.count(1);
  assert.deepEqual(run.outcomes, ["suspect retried"]);
  assert.deepEqual(ifKilledNow(dir, ["a", "suspect"]), [0, undefined]);
  gates.leave("a");
  await run.count(2);
});

Deno.test("Consumer remembers a crash when another event of the same body is released", async () => {
  const body = '{"id":"same"}';
  await using fixture = await afterKill([fingerprint(body)], { alone: true });
  const { broker, gates, run } = fixture;
  broker.deliver("running");
  await gates.entries(1);
  broker.deliver({ name: "fresh", messageId: "", body });
  await turn();
  broker.lose();
  gates.leave("running");
  await turn();
  broker.deliver({ name: "culprit", messageId: "", body, redelivered: true });
  await run.count(1);
  assert.deepEqual(broker.carriedOut, ["culprit retry"]);
  assert.equal(gates.entered.length, 1);
});
