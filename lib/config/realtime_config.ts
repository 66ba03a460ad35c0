/**
 * The event server as a part of the configuration.
 *
 * @module
 */

import { REALTIME } from "./realtime_settings.ts";
import type { SettingsReader } from "./reader.ts";

/** The event server. */
export interface RealtimeConfig {
  /** Seconds for which clients wait for events, as the answer of a registration says. @default {90} */
  readonly longPollSeconds: number;
  /** The port of the event server of realms that are in no file. @default {9800} */
  readonly firstPort: number;
  /** The file that says which event server has which realm. @default {"/etc/zulip/sharding.json"} */
  readonly shardingFile: string;
  /** A secret; `undefined`: internal requests are refused. */
  readonly sharedSecret: string | undefined;
  /** Whether it limits how often users ask for something. @default {true} */
  readonly isRateLimited: boolean;
}

/** Reads the settings of the event server. */
export function readRealtime(reader: SettingsReader): RealtimeConfig {
  const [firstPort = Number(REALTIME.ports.default)] = reader.read(REALTIME.ports);
  return {
    longPollSeconds: reader.read(REALTIME.longPollSeconds),
    firstPort,
    shardingFile: reader.read(REALTIME.shardingFile),
    sharedSecret: reader.readOptional(REALTIME.sharedSecret),
    isRateLimited: reader.read(REALTIME.rateLimiting),
  };
}
