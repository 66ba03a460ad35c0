/** Takes events one by one. */
import { defineWorker } from "process-queue/worker";
import { COMMON, handle } from "../handler.ts";

export default defineWorker({
  ...COMMON,
  queue: "crash_plain",
  consume: (order, ctx) => handle(order, ctx.event.attempt, ctx.queue),
});
