import assert from "node:assert/strict";
import { supervised } from "../../fixtures/supervisor.ts";
import { until } from "../../fixtures/until.ts";

Deno.test("what a handler leaves behind may block its thread, but not its queue", async () => {
  await using queue = await supervised({ maxConsumeSeconds: 1 });
  const { broker, prompter } = queue;
  await broker.publish("steered", JSON.stringify({ id: "a", do: "block later" }));
  await until("a is done", () => queue.supervisor.totals.processed === 1);
  await broker.publish("steered", JSON.stringify({ id: "b", do: "wait" }));
  await prompter.waits("b");
  prompter.leave("b");
  await until("b is done", () => queue.supervisor.totals.processed === 2);
  const [notice, ...others] = queue.notices;
  assert.deepEqual(others, []);
  assert.equal(
    notice?.message,
    "The thread of {queue} was blocked for {seconds} s though no event ran in it: it is ended, " +
      "and a new one goes on",
  );
});
