/**
 * All tables, by their names.
 *
 * @module
 */

import * as activity from "./activity.ts";
import * as archive from "./archive.ts";
import * as audit from "./audit.ts";
import * as bots from "./bots.ts";
import * as counters from "./counters.ts";
import * as groups from "./groups.ts";
import * as mail from "./mail.ts";
import * as messages from "./messages.ts";
import * as push from "./push.ts";
import * as queues from "./queues.ts";
import * as realms from "./realms.ts";
import * as streams from "./streams.ts";
import * as uploads from "./uploads.ts";
import * as users from "./users.ts";

/** Zulip's tables. */
export const ZULIP_TABLES = {
  zerver_realm: realms.realm,
  zerver_realmuserdefault: realms.realmUserDefault,
  zerver_userprofile: users.userProfile,
  zerver_muteduser: users.mutedUser,
  zerver_usertopic: users.userTopic,
  zerver_usergroup: groups.userGroup,
  zerver_namedusergroup: groups.namedUserGroup,
  zerver_usergroupmembership: groups.userGroupMembership,
  zerver_groupgroupmembership: groups.groupGroupMembership,
  zerver_stream: streams.stream,
  zerver_channelemailaddress: streams.channelEmailAddress,
  zerver_recipient: streams.recipient,
  zerver_huddle: streams.huddle,
  zerver_subscription: streams.subscription,
  zerver_client: activity.client,
  zerver_useractivity: activity.userActivity,
  zerver_useractivityinterval: activity.userActivityInterval,
  zerver_userpresence: activity.userPresence,
  zerver_presencesequence: activity.presenceSequence,
  zerver_message: messages.message,
  zerver_usermessage: messages.userMessage,
  zerver_reaction: messages.reaction,
  zerver_submessage: messages.subMessage,
  zerver_archivetransaction: archive.archiveTransaction,
  zerver_archivedmessage: archive.archivedMessage,
  zerver_archivedusermessage: archive.archivedUserMessage,
  zerver_archivedattachment: archive.archivedAttachment,
  zerver_archivedattachment_messages: archive.archivedAttachmentMessages,
  zerver_attachment: uploads.attachment,
  zerver_attachment_messages: uploads.attachmentMessages,
  zerver_imageattachment: uploads.imageAttachment,
  zerver_scheduledemail: mail.scheduledEmail,
  zerver_scheduledemail_users: mail.scheduledEmailUsers,
  zerver_scheduledmessagenotificationemail: mail.scheduledMessageNotificationEmail,
  zerver_missedmessageemailaddress: mail.missedMessageEmailAddress,
  confirmation_confirmation: mail.confirmation,
  zerver_emailchangestatus: mail.emailChangeStatus,
  zerver_preregistrationrealm: mail.preregistrationRealm,
  zerver_pushdevicetoken: push.pushDeviceToken,
  zerver_pushdevice: push.pushDevice,
  zerver_device: push.device,
  zerver_service: bots.service,
  zerver_botstoragedata: bots.botStorageData,
  zerver_botconfigdata: bots.botConfigData,
  zerver_realmauditlog: audit.realmAuditLog,
  zerver_realmexport: audit.realmExport,
  analytics_installationcount: counters.installationCount,
  analytics_realmcount: counters.realmCount,
  analytics_usercount: counters.userCount,
  analytics_streamcount: counters.streamCount,
};

/** The program's own tables. */
export const OWN_TABLES = {
  process_queue_inbox: queues.inbox,
  process_queue_outbox: queues.outbox,
  process_queue_effect: queues.effect,
  process_queue_job: queues.job,
};
