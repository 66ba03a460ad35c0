/**
 * The mails of a seed: those that are scheduled, and the address of a channel.
 *
 * @module
 */

import { account, daysAgo, MINUTE_DAYS, type Seed } from "./organizations.ts";
import { Random } from "./random.ts";

const REALM = { realm_url: "http://localhost", realm_name: "Fjord Software" };
const UNSUBSCRIBE = { unsubscribe_link: "http://localhost/accounts/unsubscribe/welcome/seed" };

interface MailPlan {
  /** 1 welcome, 2 digest, 3 reminder of an invitation. */
  readonly type: number;
  readonly inDays: number;
  readonly template: string;
  /** The key of a user; an address where it has an `@`. */
  readonly to: string;
  readonly context: object;
}

/** One of each kind: a welcome that is due, a digest and a reminder for later. */
const MAILS: readonly MailPlan[] = [
  {
    type: 1,
    inDays: -MINUTE_DAYS,
    template: "onboarding_zulip_topics",
    to: "jonas",
    context: {
      ...UNSUBSCRIBE,
      user_name: "Jonas Weber",
      move_messages_link: "http://localhost/help/move-content-to-another-topic",
      rename_topics_link: "http://localhost/help/rename-a-topic",
    },
  },
  {
    type: 2,
    inDays: 1,
    template: "digest",
    to: "emi",
    context: {
      ...UNSUBSCRIBE,
      user_name: "佐藤 恵美",
      show_message_content: true,
      new_streams_count: 1,
      hot_conversations: [],
    },
  },
  {
    type: 3,
    inDays: 8,
    template: "invitation_reminder",
    to: "new.colleague@example.com",
    context: {
      referrer_name: "Ben Okafor",
      referrer_email: "ben@example.com",
      referrer_realm_name: REALM.realm_name,
      activate_url: "http://localhost/join/seed",
    },
  },
];

/** Adds the mails that wait for their time. */
export function addScheduledMails(seed: Seed): void {
  for (const plan of MAILS) addScheduledMail(seed, plan);
}

function addScheduledMail(seed: Seed, { type, inDays, template, to, context }: MailPlan): void {
  const { rows, now, realms } = seed;
  const isAddress = to.includes("@");
  const scheduledemail_id = rows.add("zerver_scheduledemail", {
    type,
    realm_id: realms.main,
    scheduled_timestamp: daysAgo(now, -inDays),
    ...(isAddress && { address: to }),
    data: JSON.stringify({
      template_prefix: `zerver/emails/${template}`,
      from_name: null,
      from_address: "NO_REPLY",
      language: "en",
      context: { ...REALM, ...context },
    }),
  });
  if (isAddress) return;
  const userprofile_id = account(seed, to).id;
  rows.add("zerver_scheduledemail_users", { scheduledemail_id, userprofile_id });
}

/** Adds an address for mails to a channel. */
export function addChannelAddress(seed: Seed): void {
  const { rows, now, realms } = seed;
  rows.add("zerver_channelemailaddress", {
    realm_id: realms.main,
    channel_id: Number(rows.of("zerver_stream")[0]?.id),
    sender_id: account(seed, "emailgateway").id,
    creator_id: account(seed, "ada").id,
    email_token: new Random(99).hex(32),
    date_created: daysAgo(now, 100),
  });
}
