/** Fails now and then, and tries again later. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "demo_webhooks",
  event: z.looseObject({ number: z.number() }),
  retries: [60, 300, 900],
  consume({ number }) {
    if (number % 4 === 0) throw new Error(`No answer from hooks.example.com within ${number} ms`);
  },
});
