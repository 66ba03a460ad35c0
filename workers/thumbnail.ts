/**
 * The queue `thumbnail`: thumbnails of uploaded pictures. An event makes those that a picture lacks,
 * in a thread of their own, and then shows the picture in the messages that wait for it.
 *
 * @module
 */

import { outboxLoop, withOutbox } from "process-queue/database";
import { type Context, defineWorker, PauseQueue } from "process-queue/worker";
import { z } from "zod";
import { pictureOf, storeThumbnails } from "../lib/domain/pictures/image_attachment.ts";
import { type FileMaker, makeFiles } from "../lib/domain/pictures/make_files.ts";
import {
  PICTURE_THREAD,
  PICTURE_THREAD_HEAP_MB,
  Thumbnailer,
} from "../lib/domain/pictures/thumbnailer.ts";
import { nameOf } from "../lib/domain/pictures/thumbnails.ts";
import { Uploads, UploadsUnavailable } from "../lib/domain/uploads/uploads.ts";
import { pauseIfLost } from "./_database.ts";

let opened: FileMaker | undefined;

export default defineWorker({
  queue: "thumbnail",
  event: z.object({ id: z.int().positive() }),
  ownDatabaseOnly: true,
  requires: ["LOCAL_UPLOADS_DIR"],
  maxConsumeSeconds: 120,

  async setup(ctx) {
    const uploads = new Uploads(ctx.config.uploads.localDir ?? "");
    const options = { name: "pictures", maxHeapMb: PICTURE_THREAD_HEAP_MB };
    const thumbnailer = new Thumbnailer(() => ctx.thread(PICTURE_THREAD, options));
    opened = { uploads, thumbnailer };
    ctx.loop(outboxLoop(ctx));
    await uploads.removeUnfinished(Date.now());
    return thumbnailer;
  },

  async consume({ id }, ctx) {
    if (!opened) throw new Error("The worker is not set up");
    try {
      await thumbnail(id, opened, ctx);
    } catch (error) {
      if (!(error instanceof UploadsUnavailable)) throw pauseIfLost(error);
      throw new PauseQueue({ reason: "LOCAL_UPLOADS_DIR", cause: error });
    }
  },
});

const MISSING = "ImageAttachment row {id} missing";
const PROBLEMS = {
  stored: "ImageAttachment row {id} lacks thumbnails, as {problem}",
  removed: "ImageAttachment row {id} is removed: no thumbnail can be made, as {problem}",
} as const;

async function thumbnail(id: number, { uploads, thumbnailer }: FileMaker, ctx: Context) {
  const began = performance.now();
  const db = await ctx.database();
  const picture = await pictureOf(db, id);
  if (!picture) return ctx.log.info(MISSING, { id });
  const { thumbnails, problem } = await makeFiles(picture, { uploads, thumbnailer }, ctx.signal);
  const made = { thumbnails, isRefused: problem !== undefined, now: Date.now() };
  const end = await withOutbox(db, ctx, (trx, publish) => storeThumbnails(trx, publish, id, made));
  if (end === "missing") {
    await uploads.removeThumbnails(picture.path, thumbnails.map(nameOf));
    return ctx.log.info(MISSING, { id });
  }
  if (problem !== undefined) ctx.log.warn(PROBLEMS[end], { id, problem });
  const ms = Math.round(performance.now() - began);
  ctx.log.info("Processed {count} thumbnails ({ms}ms)", { count: thumbnails.length, ms });
}
