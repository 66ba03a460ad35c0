/**
 * Threads as the system knows them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { isTaskThere, ownTask } from "../../../lib/engine/thread/proc_task.ts";
import { until } from "../../fixtures/until.ts";

const MODULE = new URL("../../../lib/engine/thread/proc_task.ts", import.meta.url).href;
const SOURCE = `import { ownTask } from ${JSON.stringify(MODULE)}; postMessage(ownTask());`;

Deno.test("a thread is there until it has ended, and one that is not known is gone", async () => {
  const url = `data:text/javascript,${encodeURIComponent(SOURCE)}`;
  const worker = new Worker(url, { type: "module" });
  const task = await new Promise<string>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  assert.notEqual(task, ownTask());
  assert.deepEqual([isTaskThere(task), isTaskThere(ownTask())], [true, true]);
  worker.terminate();
  await until("the thread is gone", () => !isTaskThere(task));
  assert.equal(isTaskThere(undefined), false);
});
