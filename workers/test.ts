/**
 * The queue `test`: appends each event as one line of JSON to the file of
 * `ZULIP_WORKER_TEST_FILE`, as Zulip's TestWorker does, so that you can see events arrive.
 *
 * @module
 */

import { defineWorker, toJson } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "test",
  event: z.looseObject({}),
  isTestQueue: true,
  prefetch: 500,
  async consume(event, ctx) {
    const file = ctx.config.testFile;
    ctx.log.debug("TestWorker appends an event to {file}", { file });
    await appendLine(file, toJson(event));
  },
});

async function appendLine(path: string, line: string): Promise<void> {
  try {
    // One write in append mode, so the lines of several processes are never mixed.
    await Deno.writeTextFile(path, `${line}\n`, { append: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The test worker cannot append to ${path} (${reason}): ` +
        "set ZULIP_WORKER_TEST_FILE to a file it may write.",
      { cause: error },
    );
  }
}
