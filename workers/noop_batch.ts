/**
 * The queue `noop_batch`: like `noop`, in batches of 100.
 *
 * @module
 */

import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "noop_batch",
  event: z.unknown(),
  isTestQueue: true,
  batch: { size: 100, seconds: 1 },
  prefetch: 500,
  consumeBatch() {},
});
