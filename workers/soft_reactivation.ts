/**
 * The queue `soft_reactivation`: users who were away for long get the messages of that time. It is
 * active where DEDICATED_SOFT_REACTIVATION_QUEUE is true; else its events are in `deferred_work`.
 *
 * @module
 */

import { defineWorker } from "process-queue/worker";
import { z } from "zod";
import { pauseIfLost } from "./_database.ts";
import { bringBack } from "./_soft_reactivation.ts";

/** Zulip's event. Who waits for it in a client sees the messages when the client loads them. */
const event = z.object({
  user_profile_id: z.int32().positive(),
  notify_client: z.boolean().optional(),
});

export default defineWorker({
  queue: "soft_reactivation",
  event,
  enabled: ({ mail }) => mail.hasReactivationQueue,
  concurrency: 4,
  orderBy: ({ user_profile_id }) => user_profile_id,
  maxConsumeSeconds: null,

  async consume({ user_profile_id: user }, ctx) {
    ctx.log.info("Starting soft reactivation for user_profile_id {user}", { user });
    try {
      await bringBack(user, ctx);
    } catch (error) {
      throw pauseIfLost(error);
    }
  },
});
