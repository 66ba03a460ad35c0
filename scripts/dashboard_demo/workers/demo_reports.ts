/** Cannot start, so its queue is parked. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "demo_reports",
  event: z.looseObject({}),
  setup() {
    throw new Error("the folder of reports cannot be read");
  },
  consume() {},
});
