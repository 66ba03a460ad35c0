/** Takes events in batches. */
import { defineWorker } from "process-queue/worker";
import { COMMON, handle } from "../handler.ts";

export default defineWorker({
  ...COMMON,
  queue: "crash_batch",
  batch: { size: 10, seconds: 0.2 },
  async consumeBatch(orders, ctx) {
    for (const [i, order] of orders.entries()) {
      await handle(order, ctx.events[i]?.attempt ?? 1, ctx.queue);
    }
  },
});
