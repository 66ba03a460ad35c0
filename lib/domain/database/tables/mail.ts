/**
 * Mail that is to be sent, and the links and addresses in it.
 *
 * @module
 */

import {
  bigint,
  id,
  integer,
  json,
  positiveInteger,
  positiveSmallint,
  text,
  time,
  to,
  varchar,
} from "./column.ts";
import { table } from "./table.ts";

/** A mail that is sent later. */
export const scheduledEmail = table("zerver_scheduledemail", {
  id: id(),
  scheduled_timestamp: time({ index: true }),
  /** The mail, as JSON. */
  data: text(),
  realm_id: to("zerver_realm"),
  /** Where it goes, unless it goes to users. */
  address: varchar(254, { nullable: true, index: true }),
  /** 1 welcome, 2 digest, 3 reminder of an invitation. */
  type: positiveSmallint(),
});

/** The users to whom it goes. */
export const scheduledEmailUsers = table("zerver_scheduledemail_users", {
  id: id(),
  scheduledemail_id: to("zerver_scheduledemail"),
  userprofile_id: to("zerver_userprofile"),
}, { unique: [["scheduledemail_id", "userprofile_id"]] });

/** A message that a user missed and gets a mail about. One message may have several rows. */
export const scheduledMessageNotificationEmail = table("zerver_scheduledmessagenotificationemail", {
  id: id(),
  user_profile_id: to("zerver_userprofile"),
  message_id: to("zerver_message"),
  trigger: text(),
  mentioned_user_group_id: to("zerver_namedusergroup", { nullable: true }),
  scheduled_timestamp: time({ index: true }),
});

/** The address that an answer to the mail of a missed message goes to. */
export const missedMessageEmailAddress = table("zerver_missedmessageemailaddress", {
  id: id(),
  message_id: to("zerver_message"),
  user_profile_id: to("zerver_userprofile"),
  /** `mm` and 32 hexadecimal digits. */
  email_token: varchar(34, { unique: true }),
  timestamp: time({ index: true }),
  times_used: positiveInteger({ standard: 0, index: true }),
});

/** A link of a mail which confirms something. */
export const confirmation = table("confirmation_confirmation", {
  id: id(),
  content_type_id: to("django_content_type"),
  object_id: bigint({ index: true }),
  date_sent: time({ index: true }),
  confirmation_key: varchar(40, { index: true }),
  /** Null where it is valid for ever. */
  expiry_date: time({ nullable: true, index: true }),
  realm_id: to("zerver_realm", { nullable: true }),
  /** 1 registration, 2 invitation, 3 change of address, 4 unsubscribe … */
  type: positiveSmallint(),
}, { unique: [["type", "confirmation_key"]] });

/** A change of a user's address. */
export const emailChangeStatus = table("zerver_emailchangestatus", {
  id: id(),
  new_email: varchar(254),
  old_email: varchar(254),
  updated_at: time(),
  user_profile_id: to("zerver_userprofile"),
  /** 0 waits, 1 is done. */
  status: integer({ standard: 0 }),
  realm_id: to("zerver_realm"),
});

/** An organization that is being made. */
export const preregistrationRealm = table("zerver_preregistrationrealm", {
  id: id(),
  name: varchar(40),
  org_type: positiveSmallint({ standard: 0 }),
  default_language: varchar(50, { standard: "en" }),
  string_id: varchar(40),
  email: varchar(254),
  status: integer({ standard: 0 }),
  created_realm_id: to("zerver_realm", { nullable: true }),
  created_user_id: to("zerver_userprofile", { nullable: true }),
  data_import_metadata: json({ standard: "{}" }),
});
