import assert from "node:assert/strict";
import { allowedMs } from "../../../lib/engine/supervisor/unresponsive.ts";
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

const BATCH = { size: 10, seconds: 3 };

for (
  const [what, isBlocked, limit, batch, ms] of [
    ["a blocked thread may be so for as long as an event may run", true, 40_000, undefined, 40_000],
    ["and at least for 5 s", true, 1000, undefined, 5000],
    ["and for 30 s where events may run for ever", true, undefined, undefined, 30_000],
    ["a thread that turns has to answer within 5 s", false, 40_000, undefined, 5000],
    ["after it has gathered its batch", false, 40_000, BATCH, 8000],
  ] as const
) {
  Deno.test(`unresponsive threads: ${what}`, () => {
    assert.equal(allowedMs(isBlocked, limit, { batch }), ms);
  });
}
