/**
 * Messages, and what they are to each user.
 *
 * @module
 */

import {
  bigint,
  boolean,
  id,
  integer,
  positiveSmallint,
  searchVector,
  text,
  time,
  to,
  varchar,
} from "./column.ts";
import { table } from "./table.ts";

const flag = () => boolean({ standard: false, index: true });

/** The columns of a message, archived or not. */
export const MESSAGE = {
  id: id("integer"),
  sender_id: to("zerver_userprofile"),
  recipient_id: to("zerver_recipient"),
  realm_id: to("zerver_realm"),
  /** 1 normal, 2 tells that a topic is resolved. */
  type: positiveSmallint({ databaseDefault: 1 }),
  /** The topic; U+0007 for a direct message. */
  subject: varchar(60, { index: true }),
  content: text(),
  rendered_content: text({ nullable: true }),
  rendered_content_version: integer({ nullable: true }),
  date_sent: time({ index: true }),
  sending_client_id: to("zerver_client"),
  last_edit_time: time({ nullable: true }),
  /** JSON. */
  edit_history: text({ nullable: true }),
  has_attachment: flag(),
  has_image: flag(),
  has_link: flag(),
  is_channel_message: boolean({ standard: true, index: true }),
};

const ofChannels = "is_channel_message";

/** A message. */
export const message = table("zerver_message", {
  ...MESSAGE,
  /** Left null: the server fills it. */
  search_tsvector: searchVector({ nullable: true }),
}, {
  indexes: [
    { name: "zerver_message_search_tsvector", on: "search_tsvector", using: "gin" },
    { name: "zerver_message_realm_recipient_id", on: "realm_id, recipient_id, id" },
    { name: "zerver_message_realm_recipient_date_sent", on: "realm_id, recipient_id, date_sent" },
    { name: "zerver_message_realm_sender_recipient", on: "realm_id, sender_id, recipient_id" },
    { name: "zerver_message_realm_date_sent", on: "realm_id, date_sent" },
    {
      name: "zerver_message_realm_upper_subject",
      on: "realm_id, upper(subject), id desc nulls last",
      where: ofChannels,
    },
    {
      name: "zerver_message_realm_recipient_upper_subject",
      on: "realm_id, recipient_id, upper(subject), id desc nulls last",
      where: ofChannels,
    },
    {
      name: "zerver_message_realm_recipient_subject",
      on: "realm_id, recipient_id, subject, id desc nulls last",
      where: ofChannels,
    },
    { name: "zerver_message_realm_id", on: "realm_id, id desc nulls last" },
    { name: "zerver_message_edit_history_id", on: "id", where: "edit_history is not null" },
  ],
});

/** The partial index of a user's messages with some flags. */
function flagged(name: string, where: string) {
  return { name, on: "user_profile_id, message_id", where };
}

/** The columns of a message's flags, archived or not. */
export const FLAGS = {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  /** Bits: 1 read, 2 starred, 8 mentioned … */
  flags: bigint({ standard: 0 }),
};

/** What a message is to a user who got it. Flags are set by operations on bits, in SQL. */
export const userMessage = table("zerver_usermessage", {
  ...FLAGS,
  message_id: to("zerver_message"),
}, {
  unique: [["user_profile_id", "message_id"]],
  indexes: [
    flagged("zerver_usermessage_starred_message_id", "(flags & 2) <> 0"),
    flagged("zerver_usermessage_mentioned_message_id", "(flags & 8) <> 0"),
    flagged("zerver_usermessage_unread_message_id", "(flags & 1) = 0"),
    flagged("zerver_usermessage_has_alert_word_message_id", "(flags & 512) <> 0"),
    flagged(
      "zerver_usermessage_wildcard_mentioned_message_id",
      "(flags & 8) <> 0 or (flags & 16) <> 0",
    ),
    flagged("zerver_usermessage_any_mentioned_message_id", "(flags & 120) <> 0"),
    flagged("zerver_usermessage_is_private_message_id", "(flags & 2048) <> 0"),
    flagged(
      "zerver_usermessage_is_private_unread_message_id",
      "(flags & 2048) <> 0 and (flags & 1) = 0",
    ),
    flagged("zerver_usermessage_active_mobile_push_notification_id", "(flags & 4096) <> 0"),
    {
      name: "zerver_usermessage_message_active_mobile_push_notification_idx",
      on: "message_id",
      where: "(flags & 4096) <> 0",
    },
  ],
});

/** An emoji that a user added to a message. */
export const reaction = table("zerver_reaction", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  message_id: to("zerver_message"),
  emoji_name: text(),
  /** `unicode_emoji`, `realm_emoji` or `zulip_extra_emoji`. */
  reaction_type: varchar(30, { standard: "unicode_emoji" }),
  emoji_code: text(),
}, { unique: [["user_profile_id", "message_id", "reaction_type", "emoji_code"]] });

/** The part of a widget, such as a vote in a poll. */
export const subMessage = table("zerver_submessage", {
  id: id(),
  message_id: to("zerver_message"),
  sender_id: to("zerver_userprofile"),
  msg_type: text(),
  content: text(),
});
