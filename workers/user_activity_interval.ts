/**
 * The queue `user_activity_interval`: in which intervals users were active, which statistics and the
 * digests read. Zulip publishes an event when a client says that its user did something.
 *
 * @module
 */

import { type Context, defineWorker, Discard } from "process-queue/worker";
import { z } from "zod";
import { ACTIVITY_MS } from "../lib/domain/activity/intervals.ts";
import { type ActiveTime, storeActiveTime } from "../lib/domain/activity/stored_intervals.ts";
import { pauseIfLost } from "./_database.ts";

/** The last time, in seconds since 1970, whose interval ends in the year 9999. */
const LAST_TIME = 253_402_300_799 - ACTIVITY_MS / 1000;

/** Zulip's event; other keys are ignored. */
const event = z.object({
  user_profile_id: z.int32().positive(),
  /** Seconds since 1970. */
  time: z.number().min(0).max(LAST_TIME),
}).transform((event): ActiveTime => ({
  userId: event.user_profile_id,
  time: Math.round(event.time * 1000),
}));

export default defineWorker({
  queue: "user_activity_interval",
  event,
  /** As many as the database has connections; those of one user would wait for each other. */
  concurrency: 4,
  orderBy: ({ userId }) => userId,

  async consume(active, ctx) {
    try {
      await store(active, ctx);
    } catch (error) {
      throw pauseIfLost(error);
    }
  },
});

async function store(active: ActiveTime, ctx: Context): Promise<void> {
  const stored = await storeActiveTime(await ctx.database(), active);
  if (stored === "gone") throw new Discard(`User ${active.userId} does not exist`);
}
