/**
 * Brings back users who were away for long, for both queues that have such events.
 *
 * @module
 */

import { type Context, Discard } from "process-queue/worker";
import { softReactivate } from "../lib/domain/messages/soft_reactivation.ts";

/** Gives a user the messages of the time that the user was away. @throws {Discard} If there is none. */
export async function bringBack(user: number, ctx: Context): Promise<void> {
  const db = await ctx.database();
  const added = await softReactivate(db, user, { now: Date.now(), signal: ctx.signal });
  if (added === undefined) throw new Discard(`User ${user} is not soft deactivated`);
  ctx.log.info("Soft reactivated user {user}, who got {added} messages", { user, added });
}
