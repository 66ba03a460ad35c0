/** A worker that takes events one by one. */
import { defineWorker } from "process-queue/worker";
import { COMMON, handle } from "../handler.ts";

export default defineWorker({
  ...COMMON,
  queue: "crash_plain",
  consume: (event, ctx) => handle(event, ctx.event.attempt, ctx.queue),
});
