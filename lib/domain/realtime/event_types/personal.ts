/**
 * Events about what belongs to one user, as clients get them: settings, drafts, files, devices.
 *
 * @module
 */

import { z } from "zod";
import {
  any,
  changed,
  flag,
  id,
  ids,
  list,
  object,
  type Schemas,
  seconds,
  text,
  texts,
} from "./shapes.ts";

/** An id of 64 bits: servers of 2025 write it as a text. */
const id64 = z.union([id, z.bigint(), text]);

const attachment = object({
  id,
  name: text,
  size: z.number(),
  path_id: text,
  create_time: seconds,
  messages: list(object({ id, date_sent: seconds })),
});
const attached = object({ attachment, upload_space_used: z.number() });

const draft = object({ id, type: text, to: ids, topic: text, content: text });
const snippet = object({ id, title: text, content: text, date_created: seconds });

const scheduled = object({
  scheduled_message_id: id,
  type: z.enum(["private", "stream"]),
  to: z.union([id, ids]),
  topic: text.optional(),
  content: text,
  rendered_content: text,
  scheduled_delivery_timestamp: seconds,
  failed: flag,
});

const reminder = object({
  reminder_id: id,
  type: z.literal("private"),
  to: ids,
  content: text,
  rendered_content: text,
  scheduled_delivery_timestamp: seconds,
  failed: flag,
  reminder_target_message_id: id,
});

const device = { device_id: id64 };

/** Events about what belongs to one user. */
export const PERSONAL_EVENTS: Schemas = {
  alert_words: object({ alert_words: texts }),
  "attachment add": attached,
  "attachment update": attached,
  "attachment remove": object({ attachment: object({ id }), upload_space_used: z.number() }),
  "drafts add": object({ drafts: list(draft) }),
  "drafts update": object({ draft }),
  "drafts remove": object({ draft_id: id }),
  "saved_snippets add": object({ saved_snippet: snippet }),
  "saved_snippets update": object({ saved_snippet: snippet }),
  "saved_snippets remove": object({ saved_snippet_id: id }),
  "scheduled_messages add": object({ scheduled_messages: list(scheduled) }),
  "scheduled_messages update": object({ scheduled_message: scheduled }),
  "scheduled_messages remove": object({ scheduled_message_id: id }),
  "reminders add": object({ reminders: list(reminder) }),
  "reminders remove": object({ reminder_id: id }),
  has_zoom_token: object({ value: flag }),
  onboarding_steps: object({ onboarding_steps: list(object({ type: text, name: text })) }),
  muted_users: object({ muted_users: list(object({ id, timestamp: seconds })) }),
  "navigation_view add": object({}),
  "navigation_view update": object({ fragment: text }),
  "navigation_view remove": object({ fragment: text }),
  push_device: object({
    push_account_id: id64,
    status: z.enum(["active", "failed", "pending"]),
    error_code: text.nullish(),
  }),
  "device add": object(device),
  "device remove": object(device),
  "device update": changed(device, {
    push_key_id: id.nullable(),
    push_token_id: text.nullable(),
    pending_push_token_id: text.nullable(),
    push_token_last_updated_timestamp: seconds.nullable(),
    push_registration_error_code: text.nullable(),
  }),
  "user_settings update": object({ property: text, value: any, language_name: text.optional() }),
};
