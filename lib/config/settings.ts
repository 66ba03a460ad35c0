/**
 * Every setting there is, in groups: the program reads by its parts, and the documentation is made
 * of the whole.
 *
 * @module
 */

import { BOTS } from "./bot_settings.ts";
import { BROKER } from "./broker_settings.ts";
import { GENERAL } from "./general_settings.ts";
import { HTTP } from "./http_settings.ts";
import { MAIL } from "./mail_settings.ts";
import { MIRROR_SERVER } from "./mirror_server_settings.ts";
import { PREVIEW } from "./preview_settings.ts";
import { PUSH } from "./push_settings.ts";
import { QUEUE_SETTINGS } from "./queue_settings.ts";
import { REALTIME } from "./realtime_settings.ts";
import { SENTRY } from "./sentry_settings.ts";
import { SERVER } from "./server_settings.ts";
import type { SettingInfo } from "./setting.ts";
import { SITE } from "./site_settings.ts";
import { UPLOADS } from "./upload_settings.ts";

/** The settings of one subject. */
export interface SettingGroup {
  /** The subject, as a heading. */
  readonly title: string;
  readonly settings: readonly SettingInfo[];
}

/** Every setting by subject, in the order in which the documentation lists them. */
export const SETTING_GROUPS: readonly SettingGroup[] = [
  { title: "Broker", settings: Object.values(BROKER) },
  { title: "Program", settings: Object.values(GENERAL) },
  { title: "The program's HTTP server", settings: Object.values(SERVER) },
  { title: "Sentry", settings: Object.values(SENTRY) },
  { title: "Queues", settings: QUEUE_SETTINGS },
  { title: "The Zulip server", settings: Object.values(SITE) },
  { title: "Mail", settings: Object.values(MAIL) },
  { title: "The server of the mail mirror", settings: Object.values(MIRROR_SERVER) },
  { title: "Pushes", settings: Object.values(PUSH) },
  { title: "Calls to addresses that users give", settings: Object.values(HTTP) },
  { title: "Link previews", settings: Object.values(PREVIEW) },
  { title: "Bots", settings: Object.values(BOTS) },
  { title: "Uploaded files", settings: Object.values(UPLOADS) },
  { title: "The event server", settings: Object.values(REALTIME) },
];

/** Every setting, in the same order. */
export const SETTINGS: readonly SettingInfo[] = SETTING_GROUPS.flatMap(({ settings }) => settings);
