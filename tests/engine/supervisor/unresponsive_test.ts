import assert from "node:assert/strict";
import { supervised } from "../../fixtures/supervisor.ts";
import { until } from "../../fixtures/until.ts";

Deno.test("what a handler leaves behind may block its thread, but not its queue", async () => {
  await using queue = await supervised({ maxConsumeSeconds: 1 });
  const { broker, handlers } = queue;
  await broker.publish("steered", JSON.stringify({ id: "a", do: "block later" }));
  await until("a is done", () => queue.supervisor.figures.totals.processed === 1);
  await broker.publish("steered", JSON.stringify({ id: "b", do: "wait" }));
  await handlers.waits("b");
  handlers.leave("b");
  await until("b is done", () => queue.supervisor.figures.totals.processed === 2);
  const [notice, ...others] = queue.notices;
  assert.deepEqual(others, []);
  assert.equal(
    notice?.message,
    "The thread of {queue} did not respond for {seconds} s though no event ran in it: it is " +
      "ended, and a new one takes over",
  );
});
