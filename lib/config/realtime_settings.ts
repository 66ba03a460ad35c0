/**
 * The settings of the event server. Names and defaults are Zulip's, except the path of
 * `sharding.json`, which Zulip does not make a setting.
 *
 * @module
 */

import { path, type Setting, text, wholeNumber, wholeNumbers, yesOrNo } from "./setting.ts";

/** The settings of the event server. */
export const REALTIME = {
  longPollSeconds: {
    name: "EVENT_QUEUE_LONGPOLL_TIMEOUT_SECONDS",
    default: "90",
    description: "Seconds for which clients wait for the answer to a request for events, as the " +
      "answer of /register says; a heartbeat comes within 55",
    ...wholeNumber(60, 3600),
  },
  ports: {
    name: "TORNADO_PORTS",
    default: "9800",
    description: "The ports of Zulip's event servers; the first is for realms that are not in " +
      "SHARDING_FILE",
    ...wholeNumbers(1, 65_535),
  },
  shardingFile: {
    name: "SHARDING_FILE",
    default: "/etc/zulip/sharding.json",
    description: "The file that says which event server has which realm; read only with " +
      "--shard-port",
    ...path("the path of a file"),
  },
  sharedSecret: {
    name: "SHARED_SECRET",
    default: undefined,
    description: "The secret with which a Zulip server asks the event server for a queue of a " +
      "user: shared_secret of zulip-secrets.conf; if not set, such requests are refused",
    secret: "whole",
    ...text("the value of shared_secret"),
  },
  rateLimiting: {
    name: "RATE_LIMITING",
    default: "true",
    description: "Whether the event server limits how often users ask it for something",
    ...yesOrNo(),
  },
} as const satisfies Record<string, Setting<unknown>>;
