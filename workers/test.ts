/**
 * The queue `test`: appends each event as one line of JSON to the file of
 * `ZULIP_WORKER_TEST_FILE`, as Zulip's TestWorker does, so that one can see events arrive.
 *
 * @module
 */

import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "test",
  event: z.looseObject({}),
  isTestQueue: true,
  prefetch: 500,
  async consume(event, ctx) {
    const file = ctx.config.testFile;
    ctx.log.debug("TestWorker appends an event to {file}", { file });
    await appendLine(file, JSON.stringify(event));
  },
});

/** One write at the end of the file is never mixed with that of another process. */
async function appendLine(path: string, line: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${line}\n`);
  using file = await Deno.open(path, { append: true, create: true });
  const written = await file.write(bytes);
  if (written === bytes.length) return;
  throw new Error(`Only ${written} of ${bytes.length} bytes could be appended to ${path}: is its disk full?`);
}
