/**
 * Events about messages, as clients get them.
 *
 * @module
 */

import { z } from "zod";
import { any, flag, id, ids, list, object, type Schemas, seconds, text, texts } from "./shapes.ts";

const links = list(object({ text, url: text }));
const person = object({ user_id: id, email: text });

const message = object({
  id,
  sender_id: id,
  sender_full_name: text,
  sender_email: text,
  sender_realm_str: text,
  content: text,
  content_type: z.enum(["text/html", "text/x-markdown"]),
  timestamp: seconds,
  client: text,
  recipient_id: id,
  subject: text,
  topic_links: links,
  type: z.enum(["stream", "private"]),
  stream_id: id.optional(),
  display_recipient: z.union([text, list(object({ id, email: text, full_name: text }))]),
  avatar_url: text.nullable(),
  is_me_message: flag,
  reactions: list(any),
  submessages: list(any),
  invite_only_stream: flag.optional(),
});

const edited = object({
  user_id: id.nullable(),
  edit_timestamp: seconds,
  message_id: id,
  message_ids: ids,
  flags: texts,
  rendering_only: flag,
  stream_id: id.optional(),
  stream_name: text.optional(),
  orig_content: text.optional(),
  orig_rendered_content: text.optional(),
  content: text.optional(),
  rendered_content: text.optional(),
  is_me_message: flag.optional(),
  propagate_mode: z.enum(["change_one", "change_later", "change_all"]).optional(),
  orig_subject: text.optional(),
  subject: text.optional(),
  topic_links: links.optional(),
  new_stream_id: id.optional(),
});

const deletion = { message_type: z.enum(["private", "stream"]), stream_id: id.optional() };

const reaction = object({
  message_id: id,
  emoji_name: text,
  emoji_code: text,
  reaction_type: text,
  user_id: id,
  // Newer servers do without.
  user: object({ user_id: id, email: text, full_name: text }).optional(),
});

const flags = {
  operation: z.enum(["add", "remove"]),
  flag: text,
  messages: ids,
  all: flag,
};

const unread = object({
  type: z.enum(["private", "stream"]),
  mentioned: flag.optional(),
  user_ids: ids.optional(),
  stream_id: id.optional(),
  topic: text.optional(),
  unmuted_stream_msg: flag.optional(),
});

const typing = object({
  message_type: z.enum(["direct", "stream"]),
  sender: person,
  recipients: list(person).optional(),
  stream_id: id.optional(),
  topic: text.optional(),
});

const typingEdit = object({
  sender_id: id,
  message_id: id,
  recipient: z.union([
    object({ type: z.literal("channel"), channel_id: id, topic: text }),
    object({ type: z.literal("direct"), user_ids: ids }),
  ]),
});

/** Events about messages. */
export const MESSAGE_EVENTS: Schemas = {
  message: object({ message, flags: texts, local_message_id: text.optional() }),
  update_message: edited,
  delete_message: z.union([
    object({ ...deletion, message_ids: ids }),
    object({ ...deletion, message_id: id }),
  ]),
  "reaction add": reaction,
  "reaction remove": reaction,
  "update_message_flags add": object(flags),
  "update_message_flags remove": z.union([
    object({ ...flags, flag: z.literal("read"), message_details: z.record(text, unread) }),
    object({ ...flags, flag: text.refine((name) => name !== "read") }),
  ]),
  submessage: object({
    msg_type: text,
    message_id: id,
    submessage_id: id,
    sender_id: id,
    content: text,
  }),
  "typing start": typing,
  "typing stop": typing,
  "typing_edit_message start": typingEdit,
  "typing_edit_message stop": typingEdit,
};
