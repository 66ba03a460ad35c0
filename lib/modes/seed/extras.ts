/**
 * What the users of a seed have beside messages: presence, devices, bots' services, mails.
 *
 * @module
 */

import type { NewRow } from "../../domain/database/tables.ts";
import { SERVICE_HOSTS } from "./accounts.ts";
import { account, accountsOf, daysAgo, type Seed } from "./organizations.ts";
import { Random } from "./random.ts";

const MINUTE_DAYS = 1 / 1440;

/** Adds all of it. */
export function addExtras(seed: Seed): void {
  addPresence(seed);
  addIntervals(seed);
  addDevices(seed);
  addBots(seed);
  addMutes(seed);
  addTopics(seed);
  addReactions(seed);
  addScheduledMails(seed);
  addChannelAddress(seed);
}

/** How many days ago users were active last; who is not here never was. */
const LAST_ACTIVE: Readonly<Record<string, number>> = {
  ada: MINUTE_DAYS,
  ben: 2 * MINUTE_DAYS,
  clara: 10 * MINUTE_DAYS,
  daniel: 0.1,
  emi: 6,
  farid: 1,
  grace: 40,
  hugo: 0.5,
  ines: 2,
  kavya: 7,
  liam: MINUTE_DAYS,
  mona: 60,
  quinn: MINUTE_DAYS,
  tove: 3,
};

function addPresence(seed: Seed): void {
  const { rows, now } = seed;
  for (const [number, [key, days]] of Object.entries(LAST_ACTIVE).entries()) {
    const { id, realmId } = account(seed, key);
    rows.add("zerver_userpresence", {
      user_profile_id: id,
      realm_id: realmId,
      last_update_id: number + 1,
      last_connected_time: daysAgo(now, days / 2),
      last_active_time: daysAgo(now, days),
    });
    const sequence = rows.of("zerver_presencesequence").find((row) => row.realm_id === realmId);
    rows.change("zerver_presencesequence", Number(sequence?.id), { last_update_id: number + 1 });
  }
}

/** Who was not active for 5 days gets a digest. */
function addIntervals(seed: Seed): void {
  const { rows, now } = seed;
  for (const [key, days] of Object.entries(LAST_ACTIVE)) {
    rows.add("zerver_useractivityinterval", {
      user_profile_id: account(seed, key).id,
      start: daysAgo(now, days + 20 * MINUTE_DAYS),
      end: daysAgo(now, days),
    });
  }
}

const APNS = 1;
const FCM = 2;
const LEGACY: readonly [key: string, kind: number][] = [
  ["ada", APNS],
  ["ada", FCM],
  ["ben", FCM],
  ["clara", APNS],
  ["quinn", FCM],
];

function addDevices(seed: Seed): void {
  const { rows, now } = seed;
  const random = new Random(7);
  for (const [key, kind] of LEGACY) {
    rows.add("zerver_pushdevicetoken", {
      user_id: account(seed, key).id,
      kind,
      token: random.hex(64),
      last_updated: daysAgo(now, 30),
      ...(kind === APNS && { ios_app_id: "org.zulip.Zulip" }),
    });
  }
  addEncryptedDevices(seed, random);
}

/** Those that work, one that waits for the push service, and one that it has refused. */
function addEncryptedDevices(seed: Seed, random: Random): void {
  addOlderDevice(seed, random, "ada", { token_kind: "apns", bouncer_device_id: 1001 });
  addNewerDevice(seed, random, "emi", { push_token_kind: "fcm", push_token_id: TOKEN_ID });
  addOlderDevice(seed, random, "kavya", { token_kind: "fcm" });
  addNewerDevice(seed, random, "daniel", {
    push_token_kind: "apns",
    pending_push_token_id: TOKEN_ID + 1n,
    push_registration_error_code: "REQUEST_EXPIRED",
  });
}

const TOKEN_ID = 9_007_199_254_740_993n;

function addOlderDevice(
  seed: Seed,
  random: Random,
  key: string,
  state: Pick<NewRow<"zerver_pushdevice">, "token_kind" | "bouncer_device_id">,
): void {
  const user_id = account(seed, key).id;
  const push_account_id = TOKEN_ID + BigInt(user_id);
  seed.rows.add("zerver_pushdevice", {
    user_id,
    push_account_id,
    push_key: keyOf(random),
    ...state,
  });
}

function addNewerDevice(
  seed: Seed,
  random: Random,
  key: string,
  state: Partial<NewRow<"zerver_device">>,
): void {
  const user_id = account(seed, key).id;
  seed.rows.add("zerver_device", {
    ...{ user_id, push_key: keyOf(random), push_key_id: 4_000_000_000 + user_id },
    push_token_last_updated_timestamp: daysAgo(seed.now, 3),
    ...state,
  });
}

/** 0x31, which names the algorithm, and 32 bytes. */
function keyOf(random: Random): Uint8Array {
  return Uint8Array.from([0x31, ...Array.from({ length: 32 }, () => random.between(0, 255))]);
}

/** Nothing listens at the addresses until you start it. */
function addBots(seed: Seed): void {
  const { rows } = seed;
  const [weather, tickets, hello] = accountsOf(seed, "weather tickets hello");
  const service = (bot = weather, name = "", base_url = "", kind = 1) =>
    rows.add("zerver_service", {
      user_profile_id: bot?.id ?? 0,
      name,
      base_url,
      token: new Random(name.length + kind).hex(32),
      interface: kind,
    });
  service(weather, "Forecast", `http://${SERVICE_HOSTS.weather}/forecast`);
  service(tickets, "Tickets", `http://${SERVICE_HOSTS.tickets}/slack`, 2);
  service(hello, "helloworld");
  const values = { bot_profile_id: hello?.id ?? 0 };
  rows.add("zerver_botconfigdata", { ...values, key: "units", value: "metric" });
  rows.add("zerver_botstoragedata", { ...values, key: "last", value: "12 m" });
}

function addMutes(seed: Seed): void {
  const [liam, noah, clara, olga] = accountsOf(seed, "liam noah clara olga");
  for (const [by, muted] of [[liam, noah], [clara, olga]] as const) {
    seed.rows.add("zerver_muteduser", {
      user_profile_id: by?.id ?? 0,
      muted_user_id: muted?.id ?? 0,
      date_muted: daysAgo(seed.now, 50),
    });
  }
}

const MUTED = 1;
const UNMUTED = 2;
const FOLLOWED = 3;

const TOPICS: readonly [key: string, channel: string, topic: string, policy: number][] = [
  ["ada", "engineering", "deploys", FOLLOWED],
  ["ben", "engineering", "flaky tests", MUTED],
  ["kavya", "engineering", "search is slow", FOLLOWED],
  ["clara", "social", "music", UNMUTED],
  ["liam", "general", "lunch", MUTED],
];

function addTopics(seed: Seed): void {
  const streams = new Map(seed.rows.of("zerver_stream").map((row) => [row.name, row]));
  for (const [key, channel, topic_name, visibility_policy] of TOPICS) {
    const stream = streams.get(channel);
    seed.rows.add("zerver_usertopic", {
      user_profile_id: account(seed, key).id,
      stream_id: Number(stream?.id),
      recipient_id: Number(stream?.recipient_id),
      topic_name,
      last_updated: daysAgo(seed.now, 9),
      visibility_policy,
    });
  }
}

/** About 50, of readers. */
function addReactions({ rows }: Seed): void {
  for (const [number, row] of rows.of("zerver_usermessage").entries()) {
    if (number % 90 !== 0) continue;
    rows.add("zerver_reaction", {
      user_profile_id: Number(row.user_profile_id),
      message_id: Number(row.message_id),
      emoji_name: "thumbs_up",
      emoji_code: "1f44d",
    });
  }
}

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

function addScheduledMails(seed: Seed): void {
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

function addChannelAddress(seed: Seed): void {
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
