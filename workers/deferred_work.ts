/**
 * The queue `deferred_work`: work of many types that nobody waits for. What takes long is a job.
 *
 * @module
 */

import { jobLoop, outboxLoop } from "process-queue/database";
import { type Context, defineWorker } from "process-queue/worker";
import { exportJob } from "../lib/domain/exports/export_job.ts";
import { EXPORT_JOB } from "../lib/domain/exports/request.ts";
import {
  orderOf,
  type WorkEvent,
  workEvent,
  type WorkOf,
} from "../lib/domain/deferred/work_event.ts";
import { MailTemplates } from "../lib/domain/mail/templates/mail_templates.ts";
import { bouncerSettings } from "../lib/domain/push/configured.ts";
import { Bouncer } from "../lib/domain/push/bouncer.ts";
import { PushUnavailable } from "../lib/domain/push/push_transport.ts";
import { pauseIfLost } from "./_database.ts";
import { clear, markForEveryone, markRead, refuse, startExport } from "./_deferred_work.ts";
import { waitLater } from "./_push_ends.ts";
import { bringBack } from "./_soft_reactivation.ts";

let bouncer: Bouncer | undefined;

type Handler<Event> = (event: Event, ctx: Context) => Promise<void> | void;

/** What each type does. */
const HANDLERS: { readonly [Type in WorkEvent["type"]]: Handler<WorkOf<Type>> } = {
  mark_stream_messages_as_read: markRead,
  mark_stream_messages_as_read_for_everyone: markForEveryone,
  clear_push_device_tokens: (event, ctx) => clear(event, bouncer, ctx),
  soft_reactivate: ({ user_profile_id }, ctx) => bringBack(user_profile_id, ctx),
  realm_export: startExport,
  other: ({ name }, ctx) => refuse(name, ctx),
};

export default defineWorker({
  queue: "deferred_work",
  event: workEvent,
  // Also of types that are not done here: of those nobody knows the names.
  secrets: ["*token*", "*password*", "*secret*", "*key*"],
  concurrency: 4,
  orderBy: orderOf,
  maxConsumeSeconds: null,

  setup(ctx) {
    const { config: { site, push, mail, stateDir, uploads }, log } = ctx;
    const templates = new MailTemplates(mail.templatesDir);
    const text: MailTemplates["text"] = (...args) => templates.text(...args);
    const ends = { site, log, text, stateDir, uploadsDir: uploads.localDir };
    ctx.loop(jobLoop(ctx, { [EXPORT_JOB]: exportJob(ends) }));
    ctx.loop(outboxLoop(ctx));
    const settings = bouncerSettings(push);
    return bouncer = settings && new Bouncer(settings);
  },

  async consume(event, ctx) {
    try {
      await (HANDLERS[event.type] as Handler<WorkEvent>)(event, ctx);
    } catch (error) {
      throw meaningOf(error, ctx);
    }
  },
});

/** While the bouncer is unavailable its events wait, and others go on. */
function meaningOf(error: unknown, ctx: Context): unknown {
  if (!(error instanceof PushUnavailable)) return pauseIfLost(error);
  const { message: reason, afterMs } = error;
  return waitLater({ reason, afterMs }, ctx.config.push.patienceSeconds, ctx);
}
