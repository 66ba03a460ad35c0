/** Takes everything at once; its queue is paused. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({ queue: "demo_digests", event: z.looseObject({}), consume() {} });
