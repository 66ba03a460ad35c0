/**
 * Who is in the organizations of a seed, and with which settings.
 *
 * @module
 */

import type { NewRow } from "../../domain/database/tables.ts";

/** The organizations, by the names that the seed's files have for them. */
export type RealmKey = "main" | "museum" | "system";

/** A user or bot to be made. */
export interface NewAccount {
  /** What the seed's files call it; the first part of its address. */
  readonly key: string;
  readonly realm: RealmKey;
  readonly name: string;
  /** Whose bot it is. */
  readonly owner?: string;
  /** Its address, where that is not `<key>@example.com`. */
  readonly address?: string;
  /** What differs from the defaults. */
  readonly settings: Partial<NewRow<"zerver_userprofile">>;
}

const OWNER = 100;
const ADMINISTRATOR = 200;
const MODERATOR = 300;
const GUEST = 600;

function person(
  key: string,
  name: string,
  settings: NewAccount["settings"],
  realm: RealmKey = "main",
): NewAccount {
  return { key, realm, name, settings };
}

function bot(key: string, name: string, owner: string, bot_type: number): NewAccount {
  const address = `${key}-bot@example.com`;
  return { key, realm: "main", name, owner, address, settings: { is_bot: true, bot_type } };
}

const PEOPLE: readonly NewAccount[] = [
  person("ada", "Ada Lindqvist", {
    role: OWNER,
    timezone: "Europe/Stockholm",
    twenty_four_hour_time: true,
  }),
  person("ben", "Ben Okafor", { role: ADMINISTRATOR, timezone: "Africa/Lagos" }),
  person("clara", "Clara Vogt", {
    default_language: "de",
    timezone: "Europe/Berlin",
    twenty_four_hour_time: true,
  }),
  person("daniel", "Daniel Reyes", {
    role: MODERATOR,
    default_language: "es",
    timezone: "America/Mexico_City",
  }),
  person("emi", "佐藤 恵美", { default_language: "ja", timezone: "Asia/Tokyo" }),
  person("farid", "Farid Haddad", {
    default_language: "fr",
    timezone: "Europe/Paris",
    twenty_four_hour_time: true,
    enable_digest_emails: false,
  }),
  person("grace", "Grace Chen", { timezone: "Asia/Singapore", long_term_idle: true }),
  person("hugo", "Hugo Almeida", {
    default_language: "pt-br",
    timezone: "America/Sao_Paulo",
    message_content_in_email_notifications: false,
    email_address_visibility: 4,
  }),
  person("ines", "Inês Duarte", { role: GUEST, timezone: "Europe/Lisbon" }),
  person("jonas", "Jonas Weber", { role: GUEST, default_language: "de" }),
  person("kavya", "Kavya Rao", {
    timezone: "Asia/Kolkata",
    enable_stream_email_notifications: true,
    enable_stream_push_notifications: true,
  }),
  person("liam", "Liam Walsh", { email_notifications_batching_period_seconds: 15 }),
  person("mona", "Mona Saleh", { is_active: false, timezone: "Africa/Cairo" }),
  person("noah", `Noah "Nono" O'Brien & Sons`, {
    timezone: "America/New_York",
    enable_offline_push_notifications: false,
    enable_online_push_notifications: false,
  }),
  person("olga", "Olga Petrova", {
    default_language: "ru",
    timezone: "Asia/Almaty",
    enable_offline_email_notifications: false,
    enable_login_emails: false,
    enable_marketing_emails: false,
  }),
];

/** Where the services of bots are to be: on this host, by the bot's key. */
export const SERVICE_HOSTS = { weather: "127.0.0.1:8901", tickets: "127.0.0.1:8902" } as const;

const BOTS: readonly NewAccount[] = [
  bot("report", "Report", "ben", 1),
  bot("build", "Build", "ben", 2),
  bot("weather", "Weather", "clara", 3),
  bot("tickets", "Tickets", "kavya", 3),
  bot("hello", "Hello", "ada", 4),
];

/** A demo organization: its owner has given no address yet. */
const MUSEUM: readonly NewAccount[] = [
  {
    ...person("petra", "Petra Lund", { role: OWNER, default_language: "de" }, "museum"),
    address: "",
  },
  person("quinn", "Quinn Adeyemi", {
    role: ADMINISTRATOR,
    realm_name_in_email_notifications_policy: 2,
  }, "museum"),
  {
    ...person("ada2", "Ada Lindqvist", { timezone: "Europe/Stockholm" }, "museum"),
    address: "ada@example.com",
  },
  person("sam", "Sam Novak", { realm_name_in_email_notifications_policy: 3 }, "museum"),
  person("tove", "Tove Berg", { default_language: "de", timezone: "Europe/Vienna" }, "museum"),
];

function systemBot(key: string, name: string): NewAccount {
  const settings = { is_bot: true, bot_type: 1 };
  return { key, realm: "system", name, address: `${key}@zulip.com`, settings };
}

/** The bots of the server itself. */
const SYSTEM: readonly NewAccount[] = [
  systemBot("notification-bot", "Notification Bot"),
  systemBot("welcome-bot", "Welcome Bot"),
  systemBot("emailgateway", "Email Gateway"),
];

/** Everybody, in the order of the ids. */
export const ACCOUNTS: readonly NewAccount[] = [...SYSTEM, ...PEOPLE, ...BOTS, ...MUSEUM];
