/** What ended its process while it ran alone has used up an attempt. */

import assert from "node:assert/strict";
import { fingerprint } from "../../../../lib/engine/consumer/suspects/event_key.ts";
import { afterKill, foundIn, ifKilledNow } from "../../../fixtures/journal.ts";

Deno.test("Consumer counts an attempt for what ended its process alone, without running it", async () => {
  const calls: string[] = [];
  await using fixture = await afterKill(["suspect"], {
    alone: true,
    worker: { consume: (event) => void calls.push(event.id) },
  });
  const { dir, broker, run } = fixture;
  const counted = broker.deliver("suspect");
  broker.deliver("other");
  await run.count(2);
  assert(counted.settlement?.kind === "retry");
  const { attempts, crashes, reason, delay, error } = counted.settlement;
  assert.deepEqual([attempts, crashes, reason, delay], [1, 1, "crashed", 5]);
  assert.equal(error.message, "The process that ran this event ended before the event did");
  assert.deepEqual(calls, ["other"]);
  assert.deepEqual(ifKilledNow(dir, ["suspect"]), [undefined]);
  broker.deliver({ name: "suspect", headers: { "x-pq-attempts": 1, "x-pq-crashes": 1 } });
  await run.count(3);
  assert.deepEqual(calls, ["other", "suspect"]);
});

Deno.test("Consumer counts the crash of one of many events that look alike", async () => {
  const body = '{"id":"same"}';
  const worker = { consume() {} };
  await using fixture = await afterKill([fingerprint(body)], { alone: true, worker });
  const { broker, run } = fixture;
  const same = { messageId: "", body };
  broker.deliver({ ...same, name: "new" });
  for (let i = 0; i < 5; i++) broker.deliver({ ...same, name: `e${i}`, redelivered: true });
  await run.count(6);
  assert.deepEqual(broker.carriedOut.toSorted(), [
    "e0 retry",
    "e1 done",
    "e2 done",
    "e3 done",
    "e4 done",
    "new done",
  ]);
});

Deno.test("Consumer gives up what has ended its process alone three times", async () => {
  const settings = { retries: [1, 1, 1, 1, 1, 1] };
  await using fixture = await afterKill(["suspect"], { alone: true, settings });
  const { broker, run } = fixture;
  const headers = { "x-pq-attempts": 2, "x-pq-crashes": 2 };
  const { settlement } = broker.deliver({ name: "suspect", headers });
  await run.count(1);
  assert(settlement?.kind === "fail" && settlement.reason === "crashed");
  assert.equal(settlement.attempts, 3);
  assert.deepEqual(run.outcomes, ["suspect failed"]);
});

Deno.test("Consumer remembers a crash whose copy was refused", async () => {
  await using fixture = await afterKill(["suspect"], { alone: true });
  const { dir, broker } = fixture;
  broker.copies = "refuse";
  broker.deliver("suspect");
  await broker.until("it is refused", () => broker.carriedOut.length > 0);
  await fixture.stop();
  assert.deepEqual(foundIn(dir, ["suspect"]), [1]);
});
