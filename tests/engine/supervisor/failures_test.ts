import assert from "node:assert/strict";
import { supervised } from "../../fixtures/supervisor.ts";
import { until } from "../../fixtures/until.ts";

Deno.test("a queue that is not active is left alone, also where its worker failed to load at first", async () => {
  await using queue = await supervised({ worker: "inactive", isOnly: false, onlyIfActive: true });
  await queue.broker.publish("inactive", JSON.stringify({ id: "a" }));
  assert.equal(await queue.ended, "inactive");
  assert.match(queue.notices[0]?.error?.message ?? "", /it cannot be loaded yet/);
  assert.equal((await queue.broker.depth("inactive"))?.ready, 1);
});

Deno.test("an event that throws outside of itself and then ends its thread is blamed", async () => {
  await using queue = await supervised();
  const script = { id: "a", do: "throw outside and exit" };
  await queue.broker.publish("steered", JSON.stringify(script), { messageId: "a" });
  await until("an attempt was counted", () => queue.supervisor.figures.totals.retried === 1);
  const unhandled = queue.notices.filter(({ error }) => error?.message === "outside");
  assert.equal(unhandled.length, 2);
});
