/** Runs several events at once, each for a while; those of one key in their order. */
import { defineWorker } from "process-queue/worker";
import { COMMON, handle, sleep } from "../handler.ts";

export default defineWorker({
  ...COMMON,
  queue: "crash_slow",
  concurrency: 8,
  orderBy: ({ id }) => id.slice(-2),
  async consume(order, ctx) {
    await sleep(20);
    await handle(order, ctx.event.attempt, ctx.queue);
  },
});
