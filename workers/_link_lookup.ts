/**
 * Looks up the links of a message for `embed_links`, and logs what came of each. Links are part of
 * what somebody wrote: the log has their hosts only.
 *
 * @module
 */

import type { Context } from "process-queue/worker";
import type { LinkPreview } from "../lib/domain/previews/preview.ts";
import type { LinkPreviews } from "../lib/domain/previews/previews.ts";

/** Seconds that an event may take: the message may have to wait for a lock. */
export const MAX_SECONDS = 45;
/** Seconds that all links of a message may take of these. */
const LINK_SECONDS = 30;

const LATE = "Timed out in embed_links after {seconds} seconds while fetching URLs for message " +
  "{message}: {hosts}";

/** The links of a message. */
export interface MessageLinks {
  /** The message's id. */
  readonly message: number;
  /** As of `previewableLinks`. */
  readonly links: readonly string[];
}

/**
 * Looks up the links of a message at once, in two thirds of the time that the event may take.
 *
 * @returns What was found in time, by link; also where others are late.
 * @throws What the signal of the run was aborted with.
 */
export async function lookUpLinks(
  previews: LinkPreviews,
  { message, links }: MessageLinks,
  { config, log, signal }: Context,
): Promise<ReadonlyMap<string, LinkPreview>> {
  const seconds = linkSeconds(config);
  const { found, late } = await previews.of(links, {
    signal,
    limitMs: seconds * 1000,
    onLooked: (link, looked, ms, why) => {
      const result = (typeof looked === "string" ? looked : looked.kind) + (why && ` (${why})`);
      const properties = { host: hostOf(link), result, ms: Math.round(ms) };
      log.info("Looked up a link to {host}: {result}, in {ms} ms", properties);
    },
  });
  const hosts = [...new Set(late.map(hostOf))].join(", ");
  if (hosts !== "") log.warn(LATE, { seconds, message, hosts });
  return found;
}

/** Less where an operator gives events less time, so that what was found in time still counts. */
function linkSeconds({ queues }: Context["config"]): number {
  const most = queues.get("embed_links")?.maxConsumeSeconds ?? MAX_SECONDS;
  return Math.round(10 * Math.min(LINK_SECONDS, most * LINK_SECONDS / MAX_SECONDS)) / 10;
}

function hostOf(link: string): string {
  return URL.parse(link)?.host ?? "";
}
