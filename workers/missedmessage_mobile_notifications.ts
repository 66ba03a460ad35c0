/**
 * The queue `missedmessage_mobile_notifications`: shows messages on phones, removes what was read
 * since, and registers devices for encrypted pushes.
 *
 * @module
 */

import { outboxLoop } from "process-queue/database";
import { defineWorker } from "process-queue/worker";
import { type PushEvent, pushEvent, shardOfUser } from "../lib/domain/push/push_event.ts";
import type { PushDecision } from "../lib/domain/push/push_outcome.ts";
import type { PushRun } from "../lib/domain/push/push_run.ts";
import { register } from "../lib/domain/push/register.ts";
import { show } from "../lib/domain/push/show.ts";
import { takeBack } from "../lib/domain/push/take_back.ts";
import { conclude, meaningOf } from "./_push_ends.ts";
import { PushResources, realmsLoop } from "./_push_resources.ts";

/** Seconds one event may take: a service may take 15 s for an answer, and to be reached before. */
const MAX_SECONDS = 60;
/** Events wait for answers of far services. */
const CONCURRENCY = 20;

let resources: PushResources | undefined;

export default defineWorker({
  queue: "missedmessage_mobile_notifications",
  event: pushEvent,
  secrets: ["payload.encrypted_push_registration"],
  maxConsumeSeconds: MAX_SECONDS,
  concurrency: CONCURRENCY,
  orderBy: ({ userId }) => userId,
  shard: ({ userId }, shards) => shardOfUser(userId, shards),

  setup(ctx) {
    resources = new PushResources(ctx.config);
    ctx.loop(realmsLoop(ctx, resources));
    ctx.loop(outboxLoop(ctx));
    return resources;
  },

  async consume(event, ctx) {
    if (!resources) throw new Error("The worker is not set up");
    try {
      const run = await resources.run(ctx, MAX_SECONDS);
      if (!run) return ctx.log.debug("No push service is configured: nothing is pushed");
      conclude(await handle(event, run), event, ctx);
    } catch (error) {
      throw meaningOf(error);
    }
  },
});

async function handle(event: PushEvent, run: PushRun): Promise<PushDecision> {
  // Before anything is pushed: what fails after that could have it pushed twice.
  await run.effects.pruneNowAndThen(run.maker.effectsDays);
  switch (event.kind) {
    case "add":
      return await show(event, run);
    case "remove":
      return await takeBack(event, run);
    case "register":
      return await register(event, run);
  }
}
