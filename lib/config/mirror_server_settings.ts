/**
 * The settings of `process-queue email-mirror-server`. RATE_LIMITING_MIRROR_REALM_RULES is Zulip's.
 *
 * @module
 */

import { type Kind, oneOf, path, type Setting, wholeNumber } from "./setting.ts";
import { emailAddress } from "./site_settings.ts";
import { z } from "zod";

/** How the server uses its certificate. */
export type MirrorTls = "optional" | "required" | "implicit";

/** At most so many mails within so many seconds. */
export interface MirrorRateRule {
  readonly seconds: number;
  readonly mails: number;
}

const RULE = /^\s*(\d{1,9})\s*[:,]\s*(\d{1,6})\s*$/;
/** A list of lists: so the setting comes from Zulip's `settings.py`. */
const LISTS = /^\[\[(.*)\]\]$/s;

/** The settings of the server that takes mails for the queue `email_mirror`. */
export const MIRROR_SERVER = {
  maxBytes: {
    name: "MIRROR_MAX_BYTES",
    default: "12000000",
    description: "The largest mail that email-mirror-server takes, in bytes; less where " +
      "MAX_EVENT_BYTES has no room for it in base64",
    ...wholeNumber(1024, 12_000_000),
  },
  maxRecipients: {
    name: "MIRROR_MAX_RECIPIENTS",
    default: "100",
    description: "The most recipients of one mail; the client sends the mail again to the others",
    ...wholeNumber(1, 1000),
  },
  maxConnections: {
    name: "MIRROR_MAX_CONNECTIONS",
    default: "50",
    description: "The most clients that are connected to email-mirror-server at once",
    ...wholeNumber(1, 10_000),
  },
  idleSeconds: {
    name: "MIRROR_IDLE_SECONDS",
    default: "300",
    description: "Seconds after which a client that sends nothing is disconnected; RFC 5321 " +
      "wants at least 300",
    ...wholeNumber(1, 3600),
  },
  tls: {
    name: "MIRROR_TLS",
    default: "optional",
    description: "What email-mirror-server does with MIRROR_CERT_FILE: optional offers STARTTLS, " +
      "required takes no mail without it, implicit encrypts from the first byte",
    ...oneOf<MirrorTls>("optional", "required", "implicit"),
  },
  certFile: {
    name: "MIRROR_CERT_FILE",
    default: undefined,
    description: "A file with the certificate (PEM) of email-mirror-server, and those between it " +
      "and its authority; without it nothing is encrypted",
    ...path("the path of a file"),
  },
  keyFile: {
    name: "MIRROR_KEY_FILE",
    default: undefined,
    description: "A file with the private key (PEM) of MIRROR_CERT_FILE",
    ...path("the path of a file"),
  },
  postmaster: {
    name: "MIRROR_POSTMASTER",
    default: undefined,
    description: "Where email-mirror-server forwards mail to postmaster, through EMAIL_HOST; " +
      "ZULIP_ADMINISTRATOR if not set",
    ...emailAddress(),
  },
  rateRules: {
    name: "RATE_LIMITING_MIRROR_REALM_RULES",
    default: "60:50,300:120,3600:600",
    description: "How many mails email-mirror-server takes for one organization: seconds:mails, " +
      "with commas between the limits; none for no limit",
    ...rateRules(),
  },
} as const satisfies Record<string, Setting<unknown>>;

function rateRules(): Kind<readonly MirrorRateRule[]> {
  return {
    schema: z.string()
      .transform(readRules)
      .pipe(z.array(z.object({ seconds: z.int().min(1), mails: z.int().min(1) }))),
    expected: "limits such as 60:50,300:120 (50 mails in 60 s, 120 in 300 s), or none",
  };
}

function readRules(text: string): Partial<MirrorRateRule>[] {
  if (text === "none" || text === "[]") return [];
  const [, lists] = LISTS.exec(text) ?? [];
  return (lists?.split(/\]\s*,\s*\[/) ?? text.split(",")).map(readRule);
}

/** A rule that is not one has no numbers, which the schema refuses. */
function readRule(text: string): Partial<MirrorRateRule> {
  const [, seconds, mails] = RULE.exec(text) ?? [];
  return seconds === undefined ? {} : { seconds: Number(seconds), mails: Number(mails) };
}
