/**
 * The notices of `notify_tornado`: an event, and the users that it is for.
 *
 * @module
 */

import { z } from "zod";
import type { RealtimeEvent } from "./event.ts";
import { wideMessage } from "./message_for_client.ts";
import { noticeUser } from "./message_notice.ts";

/** A notice: an event, and the users that it is for. Of a new message, the first is its sender. */
export interface Notice {
  readonly event: RealtimeEvent;
  readonly users: readonly z.infer<typeof noticeUser>[];
}

/** Reads a notice. Its event may be of any type. */
export const notice = z.object({
  event: z.looseObject({ type: z.string() }),
  users: z.array(noticeUser),
});

const ids = z.array(z.int()).transform((list): ReadonlySet<number> => new Set(list));

/** Reads the event `message` of a notice, besides its lists of users. */
export const messageNotice = z.object({
  message_dict: wideMessage,
  realm_host: z.string().default(""),
  realm_id: z.int().nullish(),
  /** Only of public channels. */
  stream_name: z.string().nullish(),
  invite_only: z.boolean().nullish(),
  user_ids_without_access_to_sender: ids.default(new Set<number>()),
  local_id: z.string().nullish(),
  sender_queue_id: z.string().nullish(),
});

/** Reads what the event `update_message` says for the server, besides its lists of users. */
export const updateMessageNotice = z.object({
  message_id: z.int(),
  /** Null where nobody edited it: links got previews. */
  user_id: z.int().nullish(),
  edit_timestamp: z.number().default(0),
  /** Absent in notices of servers before Zulip 5. */
  rendering_only: z.boolean().optional(),
  stream_name: z.string().nullish(),
  stream_id: z.int().nullish(),
  prior_mention_user_ids: ids.default(new Set<number>()),
});

/** Reads the event `cleanup_queue`, by which another process asks for the end of a queue. */
export const cleanupNotice = z.object({ queue_id: z.string() });
