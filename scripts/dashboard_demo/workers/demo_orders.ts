/** Takes everything at once. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({ queue: "demo_orders", event: z.looseObject({}), consume() {} });
