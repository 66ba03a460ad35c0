/**
 * The types of `deferred_work`: what each does with its event, and what comes of it.
 *
 * @module
 */

import { withOutbox } from "process-queue/database";
import { type Context, Discard, Fail } from "process-queue/worker";
import { shapeOf } from "../lib/domain/database/shape.ts";
import { clearDevices } from "../lib/domain/deferred/clear_devices.ts";
import { markChannelsRead } from "../lib/domain/deferred/mark_channels_read.ts";
import { markReadForEveryone } from "../lib/domain/deferred/mark_read_for_everyone.ts";
import { BOUNCER_UPDATE, whyNotDone } from "../lib/domain/deferred/not_done.ts";
import type { WorkOf } from "../lib/domain/deferred/work_event.ts";
import { type ExportRequest, requestExport } from "../lib/domain/exports/request.ts";
import { fail, publishExports } from "../lib/domain/exports/states.ts";
import type { BouncerTransport } from "../lib/domain/push/bouncer_bodies.ts";
import { waitLater } from "./_push_ends.ts";

/** Marks channels read for a user. */
export async function markRead(
  { user_profile_id: user, stream_recipient_ids }: WorkOf<"mark_stream_messages_as_read">,
  ctx: Context,
): Promise<void> {
  const marking = { now: Date.now(), signal: ctx.signal };
  const db = await ctx.database();
  const marked = await markChannelsRead(db, ctx, user, stream_recipient_ids, marking);
  if (!marked) throw new Discard(`There is no user ${user}`);
  for (const [recipient, count] of marked) {
    ctx.log.info(
      "Marked {count} messages as read for user {user}, stream_recipient_id {recipient}",
      {
        ...{ count, user, recipient },
      },
    );
  }
}

/** Marks a channel read for everybody; what does not fit into 30 s is left to another event. */
export async function markForEveryone(
  { type, stream_recipient_id, min_id }: WorkOf<"mark_stream_messages_as_read_for_everyone">,
  ctx: Context,
): Promise<void> {
  const db = await ctx.database();
  const { signal } = ctx;
  const done = await markReadForEveryone(db, stream_recipient_id, min_id, { signal });
  if (!done) throw new Discard(`No channel has the recipient ${stream_recipient_id}`);
  const { marked, next } = done;
  ctx.log.info("Marked {marked} messages as read for everyone, stream_recipient_id {recipient}", {
    ...{ marked, recipient: stream_recipient_id },
  });
  // To be confirmed before this event is done; a second one would do no harm.
  if (next !== undefined) await ctx.publish(ctx.queue, { type, stream_recipient_id, min_id: next });
}

/** Forgets a user's devices. */
export async function clear(
  { user_profile_id: user }: WorkOf<"clear_push_device_tokens">,
  bouncer: BouncerTransport | undefined,
  ctx: Context,
): Promise<void> {
  const cleared = await clearDevices(await ctx.database(), user, bouncer, ctx.signal);
  switch (cleared.kind) {
    case "done":
      return ctx.log.info("The {where} has forgotten the devices of user {user}", {
        ...{ where: cleared.where, user },
      });
    case "no user":
      throw new Discard(`There is no user ${user}`);
    case "refused":
      throw new Fail(`The push bouncer does not forget the devices of ${user}: ${cleared.reason}`);
    case "later":
      waitLater(cleared, ctx.config.push.patienceSeconds, ctx);
  }
}

const NOT_HERE = "an export is not made on the database of a Zulip server: let Zulip's manage.py " +
  "process_queue make it: put the event back (failed retry) while this program does not run the queue";
const NO_FOLDER = "LOCAL_UPLOADS_DIR is not set, which is the folder that has users' files and " +
  "gets the archive: set it, restart, and put the event back (failed retry)";

/** Adds the job that makes an export. */
export async function startExport(event: WorkOf<"realm_export">, ctx: Context): Promise<void> {
  const db = await ctx.database();
  if ((await shapeOf(db)).kind === "zulip") throw new Fail(NOT_HERE);
  if (ctx.config.uploads.localDir === undefined) throw new Fail(NO_FOLDER);
  const now = Date.now();
  const requested = await withOutbox(db, ctx, async (trx, publish) => {
    const requested = await requestExport(trx, requestOf(event, now), now);
    const lost = requested.kind === "lost" &&
      await fail(trx, requested.exportId, new Date(now));
    if (lost) await publishExports(trx, publish, lost.realmId, ctx.config.site);
    return requested;
  });
  if (requested.kind === "refused") throw new Fail(requested.reason);
  if (requested.kind === "known") throw new Discard(requested.reason);
  const { exportId } = requested;
  if (requested.kind === "lost") ctx.log.error(LOST, { exportId });
  else ctx.log.info("The export {exportId} is made by a job", { exportId });
}

const LOST = "Marking export {exportId} as failed: it was started, and no job makes it";

function requestOf(event: WorkOf<"realm_export">, now: number): ExportRequest {
  const { realm_export_id, id = 0, user_profile_id: userId, time = now / 1000 } = event;
  if (realm_export_id !== undefined) return { exportId: realm_export_id };
  return { entryId: id, userId, at: new Date(time * 1000) };
}

/** Gives an event up whose type is not done here. */
export function refuse(type: string, { config: { push } }: Context): never {
  if (type === BOUNCER_UPDATE && !push.bouncer) {
    throw new Discard("No push bouncer is configured, so it gets no report");
  }
  throw new Fail(whyNotDone(type));
}
