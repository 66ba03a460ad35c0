/** A worker that runs several slow events at once, and those of one key in order. */
import { defineWorker } from "process-queue/worker";
import { COMMON, handle, sleep } from "../handler.ts";

export default defineWorker({
  ...COMMON,
  queue: "crash_slow",
  concurrency: 8,
  orderBy: ({ id }) => id.slice(-2),
  async consume(event, ctx) {
    await sleep(20);
    await handle(event, ctx.event.attempt, ctx.queue);
  },
});
