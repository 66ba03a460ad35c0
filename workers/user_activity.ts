/**
 * The queue `user_activity`: which user used which client for what, how often and when last. Zulip
 * publishes one event for each authenticated request, so this is its busiest queue.
 *
 * @module
 */

import {
  type BatchContext,
  BatchError,
  DatabaseError,
  defineWorker,
  isDatabaseLost,
  RetryLater,
} from "process-queue/worker";
import { z } from "zod";
import type { Database } from "../lib/domain/database/database.ts";
import { pruneNowAndThen } from "../lib/domain/database/inbox.ts";
import { type Activity, recordAccepted } from "../lib/domain/activity/user_activity.ts";

/** Seconds after which an event is tried again while the database cannot be reached. */
const RETRY_AFTER = 15;
/** The times of PostgreSQL's `timestamptz`, in seconds since 1970: from 4714 BC to before 294277. */
const TIMES = { first: -210_866_803_200, end: 9_224_318_016_000 };

export default defineWorker({
  queue: "user_activity",
  event: z.object({
    user_profile_id: z.int32().positive(),
    client_id: z.int32(),
    query: z.string(),
    time: z.number().min(TIMES.first).lt(TIMES.end),
  }),
  // As many events in a statement cost little more than 100: a backlog is drained in large batches.
  batch: { size: 500, seconds: 1 },
  prefetch: 1000,
  maxConsumeSeconds: 30,
  shard: (event, shards) => event.user_profile_id % shards + 1,

  /** Fails for a wrong setting or a missing table, but not while the database cannot be reached. */
  async setup(ctx) {
    try {
      await ctx.database();
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.kind !== "unreachable") throw error;
      ctx.log.warn("Events wait for the database: {reason}", { reason: error.message });
    }
  },

  async consumeBatch(events, ctx) {
    try {
      await record(events, ctx);
    } catch (error) {
      throw isDatabaseLost(error) ? later(error) : error;
    }
  },
});

async function record(events: Activity[], ctx: BatchContext): Promise<void> {
  const db = await ctx.database();
  const now = Date.now();
  const ids = ctx.events.map((event) => event.id);
  const outcomes = await recordAccepted(db, events, { queue: ctx.queue, ids, now });
  if (!outcomes.some(isDatabaseLost)) await tidy(db, now, ctx);
  if (outcomes.every((error) => error === undefined)) return;
  throw new BatchError(outcomes.map((error) => isDatabaseLost(error) ? later(error) : error));
}

/** Ignores errors: the events are counted, and must not run again. */
async function tidy(db: Database, now: number, ctx: BatchContext): Promise<void> {
  try {
    await pruneNowAndThen(db, now);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    ctx.log.warn("Old ids stay in process_queue_inbox for now: {reason}", { reason });
  }
}

/** Does not count as an attempt, since the events did not fail: they wait as long as it takes. */
function later(cause: DatabaseError): RetryLater {
  return new RetryLater({ after: RETRY_AFTER, counts: false, message: cause.message, cause });
}
