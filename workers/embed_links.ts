/**
 * The queue `embed_links`: previews of the links in messages. An event looks its links up, and puts
 * what was found into the HTML of the message, unless that was edited meanwhile.
 *
 * @module
 */

import { outboxLoop, withOutbox } from "process-queue/database";
import {
  type Context,
  defineWorker,
  Discard,
  isDatabaseLost,
  PauseQueue,
} from "process-queue/worker";
import { z } from "zod";
import { PreviewFinder } from "../lib/domain/previews/configured.ts";
import { previewableLinks } from "../lib/domain/previews/link.ts";
import {
  addPreviews,
  type PreviewedMessage,
  previewsUnwanted,
} from "../lib/domain/previews/message.ts";
import type { Previews } from "../lib/domain/previews/previews.ts";

/** Seconds that all links of a message may take. */
const LINK_SECONDS = 30;
/** Seconds that an event may take: the message may have to wait for a lock. */
const MAX_SECONDS = 45;

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
    if (!ctx.config.previews.isEnabled) throw new Discard("INLINE_URL_EMBED_PREVIEW is false");
    const message = { id: message_id, realmId: message_realm_id, content: message_content };
    try {
      await preview(message, previewableLinks(urls), ctx);
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      throw new PauseQueue({ reason: `the database: ${error.message}`, cause: error });
    }
  },
});

async function preview(
  message: PreviewedMessage,
  links: readonly string[],
  ctx: Context,
): Promise<void> {
  if (links.length === 0) throw new Discard(`No link of message ${message.id} can be previewed`);
  const db = await ctx.database();
  const unwanted = await previewsUnwanted(db, message);
  if (unwanted !== undefined) throw new Discard(`Message ${message.id}: ${unwanted}`);
  const { found } = await lookUp(message, links, ctx);
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

async function lookUp(
  { id }: PreviewedMessage,
  links: readonly string[],
  ctx: Context,
): Promise<Previews> {
  if (!finder) throw new Error("The worker is not set up");
  const seconds = linkSeconds(ctx);
  const previews = await finder.links.of(links, {
    signal: ctx.signal,
    limitMs: seconds * 1000,
    onLooked: (link, looked, ms, why) => {
      const result = (typeof looked === "string" ? looked : looked.kind) + (why && ` (${why})`);
      const properties = { host: hostOf(link), result, ms: Math.round(ms) };
      ctx.log.info("Looked up a link to {host}: {result}, in {ms} ms", properties);
    },
  });
  const hosts = [...new Set(previews.late.map(hostOf))].join(", ");
  if (hosts !== "") ctx.log.warn(LATE, { seconds, message: id, hosts });
  return previews;
}

/** Less where an operator gives events less time, so that what was found in time still counts. */
function linkSeconds({ config }: Context): number {
  const most = config.queues.get("embed_links")?.maxConsumeSeconds ?? MAX_SECONDS;
  return Math.round(10 * Math.min(LINK_SECONDS, most * LINK_SECONDS / MAX_SECONDS)) / 10;
}

/** Links are part of what somebody wrote: the log has their hosts only. */
const LATE = "Timed out in embed_links after {seconds} seconds while fetching URLs for message " +
  "{message}: {hosts}";

function hostOf(link: string): string {
  return URL.parse(link)?.host ?? "";
}
