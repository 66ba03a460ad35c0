/** Runs nowhere: nobody consumes its queue. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({ queue: "demo_invoices", event: z.looseObject({}), consume() {} });
