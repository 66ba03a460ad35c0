/**
 * The queue `noop`: takes any event and does nothing, for tests and measurements. In place of Zulip's
 * `max_consume` there is `--max_events`; `slow_queries` has no counterpart.
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
