/**
 * The settings of bots: outgoing webhooks and embedded bots. Names and defaults are Zulip's, except
 * the secret that signs requests.
 *
 * @module
 */

import { type Setting, text, wholeNumber } from "./setting.ts";

/** The settings of bots. */
export const BOTS = {
  timeoutSeconds: {
    name: "OUTGOING_WEBHOOK_TIMEOUT_SECONDS",
    default: "10",
    description: "Seconds that the service of an outgoing webhook may take for its whole answer",
    ...wholeNumber(1, 60),
  },
  signingSecret: {
    name: "OUTGOING_SIGNING_SECRET",
    default: undefined,
    description: "If set, requests to outgoing webhooks have the header Process-Queue-Signature, " +
      "an HMAC-SHA-256 with this secret",
    secret: "whole",
    ...text("a secret that the receivers know"),
  },
  stateSizeLimit: {
    name: "USER_STATE_SIZE_LIMIT",
    default: "10000000",
    description: "The most characters that an embedded bot may store, keys and values together",
    ...wholeNumber(0, 1_000_000_000),
  },
} as const satisfies Record<string, Setting<unknown>>;
