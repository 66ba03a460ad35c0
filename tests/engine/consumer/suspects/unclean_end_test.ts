/** How many events a consumer takes at once after a process that ended while it ran events. */

import assert from "node:assert/strict";
import { consuming } from "../../../fixtures/consumer.ts";
import { FakeBroker } from "../../../fixtures/fake_broker.ts";
import { afterKill, stateDir } from "../../../fixtures/journal.ts";

Deno.test("Consumer begins carefully after an unclean end, and takes more after a hundred events", async () => {
  await using fixture = await afterKill(["x"], { worker: { consume() {} } });
  const { broker, run } = fixture;
  assert.equal(broker.prefetch, 10);
  for (let i = 1; i <= 99; i++) broker.deliver(`e${i}`);
  await run.count(99);
  assert.equal(broker.prefetch, 10);
  broker.deliver("e100");
  await broker.until("it takes more", () => broker.prefetch === 100);
});

Deno.test("Consumer takes a whole batch also while it is careful", async () => {
  const worker = { batch: { size: 40, seconds: 60 }, consumeBatch() {} };
  await using fixture = await afterKill(["x"], { worker });
  const { broker, run } = fixture;
  assert.equal(broker.prefetch, 40);
  for (let i = 1; i <= 40; i++) broker.deliver(`e${i}`);
  await run.count(40);
});

Deno.test("Consumer takes its whole window after a clean end", async () => {
  using dir = stateDir();
  for (let i = 0; i < 2; i++) {
    const broker = new FakeBroker();
    await using _run = await consuming({ broker, stateDir: dir.path, worker: { consume() {} } });
    assert.equal(broker.prefetch, 100);
  }
});
