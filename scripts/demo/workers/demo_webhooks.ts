/** Pretends to deliver webhooks. Those to the host "unreachable" fail. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "demo_webhooks",
  event: z.object({ url: z.string() }),
  retries: [1, 5],
  consume({ url }) {
    if (url.includes("unreachable")) throw new Error(`No answer from ${url}`);
  },
});
