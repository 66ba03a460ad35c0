/** A worker that takes batches. */
import { defineWorker } from "process-queue/worker";
import { COMMON, handle } from "../handler.ts";

export default defineWorker({
  ...COMMON,
  queue: "crash_batch",
  batch: { size: 10, seconds: 0.2 },
  async consumeBatch(events, ctx) {
    for (const [i, event] of events.entries()) {
      await handle(event, ctx.events[i]?.attempt ?? 1, ctx.queue);
    }
  },
});
