import assert from "node:assert/strict";
import { supervised } from "../../fixtures/supervisor.ts";
import { until } from "../../fixtures/until.ts";

Deno.test("a thread that is restarted by an operator finishes what runs, and the next one goes on", async () => {
  await using queue = await supervised();
  const { broker, handlers, supervisor } = queue;
  await broker.publish("steered", JSON.stringify({ id: "a", do: "wait" }), { messageId: "a" });
  await handlers.waits("a");
  const restarted = supervisor.restart("ada");
  await broker.publish("steered", JSON.stringify({ id: "b" }), { messageId: "b" });
  handlers.leave("a");
  await restarted;
  await until("both are done", () => supervisor.figures.totals.processed === 2);
  assert.deepEqual(handlers.entered, ["a", "b"]);
  const [notice, ...others] = queue.notices;
  assert.deepEqual([notice?.message, notice?.properties], [
    "The thread of {queue} was restarted by {by}",
    { by: "ada", count: 0 },
  ]);
  assert.deepEqual(others, []);
});
