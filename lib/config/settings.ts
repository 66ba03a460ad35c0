/**
 * Every setting there is, in one table: the program reads by its parts, and the documentation is
 * checked against the whole.
 *
 * @module
 */

import { BROKER } from "./broker_settings.ts";
import { GENERAL } from "./general_settings.ts";
import { QUEUE_SETTINGS } from "./queue_settings.ts";
import { SENTRY } from "./sentry_settings.ts";
import type { SettingInfo } from "./setting.ts";

/** Every setting, in the order in which the documentation lists them. */
export const SETTINGS: readonly SettingInfo[] = [
  ...Object.values(BROKER),
  ...Object.values(GENERAL),
  ...Object.values(SENTRY),
  ...QUEUE_SETTINGS,
];
