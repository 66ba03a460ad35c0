/** Takes its time, so that its queue falls behind. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "demo_pictures",
  event: z.looseObject({}),
  consume: () => new Promise((resolve) => setTimeout(resolve, 400)),
});
