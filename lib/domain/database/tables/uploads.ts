/**
 * Uploaded files, and the pictures among them.
 *
 * @module
 */

import { boolean, id, integer, json, text, time, to } from "./column.ts";
import { table } from "./table.ts";

/** The columns of a file, archived or not. */
export const ATTACHMENT = {
  id: id(),
  file_name: text({ index: true }),
  /** Its place below the folder of uploads. */
  path_id: text({ unique: true }),
  owner_id: to("zerver_userprofile"),
  realm_id: to("zerver_realm"),
  create_time: time({ index: true }),
  /** Bytes. */
  size: integer(),
  content_type: text({ nullable: true }),
  /** Null where it must be found out again. */
  is_realm_public: boolean({ nullable: true }),
  /** Null where it must be found out again. */
  is_web_public: boolean({ nullable: true }),
};

/** An uploaded file. */
export const attachment = table("zerver_attachment", { ...ATTACHMENT });

/** Which messages have a file. */
export const attachmentMessages = table("zerver_attachment_messages", {
  id: id(),
  attachment_id: to("zerver_attachment"),
  message_id: to("zerver_message"),
}, { unique: [["attachment_id", "message_id"]] });

/** An uploaded picture, and the smaller ones made of it. */
export const imageAttachment = table("zerver_imageattachment", {
  id: id(),
  realm_id: to("zerver_realm"),
  path_id: text({ unique: true }),
  content_type: text({ nullable: true }),
  original_width_px: integer(),
  original_height_px: integer(),
  /** Over 1 where it is animated. */
  frames: integer(),
  /** A list of the smaller ones. */
  thumbnail_metadata: json({ standard: "[]" }),
});
