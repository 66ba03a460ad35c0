/**
 * The threads of a worker's own end with the thread of its queue, however that ends.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isTaskThere } from "../../../lib/engine/thread/proc_task.ts";
import type { Script } from "../../fixtures/executor/handler_messages.ts";
import { type Supervised, supervised } from "../../fixtures/supervisor.ts";
import { until } from "../../fixtures/until.ts";

async function publish({ broker, supervisor }: Supervised, script: Script): Promise<void> {
  await broker.publish(supervisor.queue, JSON.stringify(script));
}

/** Has the inner thread loop for ever. @returns Its task. */
async function looping(one: Supervised): Promise<string> {
  await publish(one, { id: "a", inner: "loop" });
  return `/proc/${await one.handlers.tell("inner")}`;
}

const ENDS: readonly [what: string, end: (one: Supervised) => Promise<void>][] = [
  ["is ended because it hangs", (one) => publish(one, { id: "b", do: "block" })],
  ["ends by itself", (one) => publish(one, { id: "b", do: "exit" })],
  ["fills its heap", (one) => publish(one, { id: "b", do: "fill heap" })],
  ["is stopped", (one) => one.supervisor.stop(0)],
];

for (const [what, end] of ENDS) {
  Deno.test(`an inner thread in an endless loop is gone when its outer thread ${what}`, async () => {
    await using one = await supervised({ worker: "nesting", maxConsumeSeconds: 0.5 });
    const task = await looping(one);
    assert.equal(isTaskThere(task), true);
    await end(one);
    await until("the inner thread is gone", () => !isTaskThere(task));
  });
}

Deno.test("the heap of an inner thread counts for its queue", async () => {
  await using one = await supervised({ worker: "nesting" });
  await until("the thread is ready", () => one.supervisor.state === "consuming");
  await publish(one, { id: "a", inner: "hold 50 MB" });
  assert.equal(await one.handlers.tell("inner"), "holds");
  await until("it shows", () => (one.supervisor.threads.heapMb ?? 0) > 50);
});

Deno.test("a full heap of an inner thread leaves its outer thread and the events alone", async () => {
  await using one = await supervised({ worker: "nesting" });
  await publish(one, { id: "a", inner: "heap", do: "wait" });
  assert.match(
    String(await one.handlers.tell("inner")),
    /^InnerThreadEnded: The thread orders of nesting used more than its 256 MB of heap/,
  );
  one.handlers.leave("a");
  await until("a is done", () => one.supervisor.figures.totals.processed === 1);
  assert.deepEqual([one.notices, one.handlers.entered], [[], ["a"]]);
});
