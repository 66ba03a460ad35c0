/**
 * The queue `embed_links`: previews of the links in messages. An event looks its links up, and puts
 * what was found into the HTML of the message, unless that was edited meanwhile.
 *
 * @module
 */

import { outboxLoop, withOutbox } from "process-queue/database";
import { type Context, defineWorker, Discard } from "process-queue/worker";
import { z } from "zod";
import { PreviewFinder } from "../lib/domain/previews/configured.ts";
import { previewableLinks } from "../lib/domain/previews/link.ts";
import {
  addPreviews,
  type PreviewedMessage,
  previewsUnwanted,
} from "../lib/domain/previews/message.ts";
import { pauseIfLost } from "./_database.ts";
import { lookUpLinks, MAX_SECONDS } from "./_link_lookup.ts";

/** Zulip's event. */
const event = z.object({
  message_id: z.int32().positive(),
  message_content: z.string(),
  message_realm_id: z.int32().positive(),
  urls: z.array(z.string()),
});

let finder: PreviewFinder | undefined;

export default defineWorker({
  queue: "embed_links",
  event,
  ownDatabaseOnly: true,
  secrets: ["message_content", "urls"],
  concurrency: 4,
  orderBy: ({ message_id }) => message_id,
  maxConsumeSeconds: MAX_SECONDS,

  setup(ctx) {
    ctx.loop(outboxLoop(ctx));
    return finder = new PreviewFinder(ctx.config);
  },

  async consume({ message_id, message_realm_id, message_content, urls }, ctx) {
    if (!finder) throw new Error("The worker is not set up");
    if (!ctx.config.previews.isEnabled) throw new Discard("INLINE_URL_EMBED_PREVIEW is false");
    const message = { id: message_id, realmId: message_realm_id, content: message_content };
    try {
      await preview(message, previewableLinks(urls), finder, ctx);
    } catch (error) {
      throw pauseIfLost(error);
    }
  },
});

async function preview(
  message: PreviewedMessage,
  links: readonly string[],
  finder: PreviewFinder,
  ctx: Context,
): Promise<void> {
  if (links.length === 0) throw new Discard(`No link of message ${message.id} can be previewed`);
  const db = await ctx.database();
  const unwanted = await previewsUnwanted(db, message);
  if (unwanted !== undefined) throw new Discard(`Message ${message.id}: ${unwanted}`);
  const found = await lookUpLinks(finder.links, { message: message.id, links }, ctx);
  if (found.size === 0) return;
  const { camo } = ctx.config.previews;
  const reason = await withOutbox(
    db,
    ctx,
    (trx, publish) => addPreviews(trx, publish, message, { found, camo, now: Date.now() }),
  );
  if (reason !== undefined) throw new Discard(`Message ${message.id}: ${reason}`);
  ctx.log.info("Message {message} has previews of its links", { message: message.id });
}
