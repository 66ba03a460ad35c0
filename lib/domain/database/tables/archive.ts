/**
 * Messages that were deleted and can still be restored.
 *
 * @module
 */

import { boolean, id, positiveSmallint, searchVector, time, to } from "./column.ts";
import { FLAGS, MESSAGE } from "./messages.ts";
import { table } from "./table.ts";
import { ATTACHMENT } from "./uploads.ts";

const flag = () => boolean({ standard: false, index: true });

/** Messages that were deleted together. */
export const archiveTransaction = table("zerver_archivetransaction", {
  id: id(),
  timestamp: time({ index: true }),
  restored: flag(),
  restored_timestamp: time({ nullable: true, index: true }),
  protect_from_deletion: flag(),
  /** 1 as they were too old, 2 by hand. */
  type: positiveSmallint({ index: true }),
  realm_id: to("zerver_realm", { nullable: true }),
});

/** A deleted message. */
export const archivedMessage = table("zerver_archivedmessage", {
  ...MESSAGE,
  search_tsvector: searchVector({ nullable: true }),
  archive_transaction_id: to("zerver_archivetransaction"),
});

/** What a deleted message was to a user. */
export const archivedUserMessage = table("zerver_archivedusermessage", {
  ...FLAGS,
  message_id: to("zerver_archivedmessage"),
}, { unique: [["user_profile_id", "message_id"]] });

/** The file of deleted messages. */
export const archivedAttachment = table("zerver_archivedattachment", { ...ATTACHMENT });

/** Which deleted messages have a file. */
export const archivedAttachmentMessages = table("zerver_archivedattachment_messages", {
  id: id(),
  archivedattachment_id: to("zerver_archivedattachment"),
  archivedmessage_id: to("zerver_archivedmessage"),
}, { unique: [["archivedattachment_id", "archivedmessage_id"]] });
