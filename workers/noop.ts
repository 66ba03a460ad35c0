/**
 * The queue `noop`: takes any event and does nothing, to measure and test everything else. Zulip's
 * parameters `max_consume` and `slow_queries` are not here: see `--max_events`.
 *
 * @module
 */

import { defineWorker } from "process-queue/worker";
import { z } from "zod";

export default defineWorker({
  queue: "noop",
  event: z.unknown(),
  isTestQueue: true,
  prefetch: 500,
  consume() {},
});
