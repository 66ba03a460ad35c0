/** Never ends with an event. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "demo_exports",
  event: z.looseObject({}),
  maxConsumeSeconds: null,
  concurrency: 2,
  consume: () => new Promise<void>(() => {}),
});
