/**
 * Bots as a part of the configuration.
 *
 * @module
 */

import { BOTS } from "./bot_settings.ts";
import type { SettingsReader } from "./reader.ts";

/** Outgoing webhooks and embedded bots. */
export interface BotConfig {
  /** Seconds for the whole answer of a webhook. @default {10} */
  readonly timeoutSeconds: number;
  /** A secret; `undefined`: requests are not signed. */
  readonly signingSecret: string | undefined;
  /** Characters that an embedded bot may store. @default {10000000} */
  readonly stateSizeLimit: number;
}

/** Reads the settings of bots. */
export function readBots(reader: SettingsReader): BotConfig {
  return {
    timeoutSeconds: reader.read(BOTS.timeoutSeconds),
    signingSecret: reader.readOptional(BOTS.signingSecret),
    stateSizeLimit: reader.read(BOTS.stateSizeLimit),
  };
}
