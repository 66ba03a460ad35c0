/**
 * The settings of mail. Names and defaults of `EMAIL_…` and `…NOREPLY…` are Zulip's, except those
 * that Zulip does not have: the authority's file, DKIM, and what to do with mails that may be sent.
 *
 * @module
 */

import { isHost } from "./host.ts";
import { oneOf, path, type Setting, text, textThat, wholeNumber, yesOrNo } from "./setting.ts";
import { emailAddress, isAddress } from "./site_settings.ts";

/** What to do with a mail of which it is not known whether the server took it. */
export type MaybeSent = "resend" | "report";

/** The settings of mail. */
export const MAIL = {
  host: {
    name: "EMAIL_HOST",
    default: undefined,
    description: "The SMTP server that takes the mails; without it no mail is sent",
    ...textThat(isHost, "a host name or an IP address, without a port"),
  },
  port: {
    name: "EMAIL_PORT",
    default: "25",
    description: "Its port: 587 with EMAIL_USE_TLS, 465 with EMAIL_USE_SSL",
    ...wholeNumber(1, 65_535),
  },
  user: {
    name: "EMAIL_HOST_USER",
    default: undefined,
    description: "The user to log in as; none if not set",
    ...text("the name of a user"),
  },
  password: {
    name: "EMAIL_HOST_PASSWORD",
    default: undefined,
    description: "The password of EMAIL_HOST_USER",
    secret: "whole",
    ...text("the user's password"),
  },
  useTls: {
    name: "EMAIL_USE_TLS",
    default: "false",
    description: "Whether the connection is encrypted by STARTTLS; refused where it cannot be",
    ...yesOrNo(),
  },
  useSsl: {
    name: "EMAIL_USE_SSL",
    default: "false",
    description: "Whether the connection is encrypted from its beginning",
    ...yesOrNo(),
  },
  timeoutSeconds: {
    name: "EMAIL_TIMEOUT",
    default: "15",
    description: "Seconds that the SMTP server may take for each answer",
    ...wholeNumber(1, 600),
  },
  caFile: {
    name: "EMAIL_CA_FILE",
    default: undefined,
    description: "A file with the certificate (PEM) of the authority that signed the server's; " +
      "if not set, the system's authorities are trusted",
    ...path("the path of a file"),
  },
  dkimDomain: {
    name: "EMAIL_DKIM_DOMAIN",
    default: undefined,
    description: "The domain that signs the mails by DKIM; not signed if not set",
    ...textThat(isHost, "a domain"),
  },
  dkimSelector: {
    name: "EMAIL_DKIM_SELECTOR",
    default: undefined,
    description: "The selector of the DKIM key: <selector>._domainkey.<domain> has the public one",
    ...textThat(isHost, "the selector of a DKIM key"),
  },
  dkimKeyFile: {
    name: "EMAIL_DKIM_KEY_FILE",
    default: undefined,
    description: "A file with the private DKIM key (PEM)",
    ...path("the path of a file"),
  },
  maybeSent: {
    name: "EMAIL_MAYBE_SENT",
    default: undefined,
    description: "resend or report: what happens to a mail that the server may have taken before " +
      "the connection was lost; if not set, mails that a user waits for, such as a password " +
      "reset, are sent again, and others are reported",
    ...oneOf<MaybeSent>("resend", "report"),
  },
  noreplyAddress: {
    name: "NOREPLY_EMAIL_ADDRESS",
    default: undefined,
    description: "The sender of mails that nobody shall answer, and of every envelope; " +
      "noreply@<EXTERNAL_HOST> if not set",
    ...emailAddress(),
  },
  tokenizedNoreplyAddress: {
    name: "TOKENIZED_NOREPLY_EMAIL_ADDRESS",
    default: undefined,
    description: "The same with {token}, which is another for each mail; " +
      "noreply-{token}@<EXTERNAL_HOST> if not set",
    ...textThat(
      (text) => text.includes("{token}") && isAddress(text.replace("{token}", "a")),
      "an e-mail address with {token} in it",
    ),
  },
  addTokens: {
    name: "ADD_TOKENS_TO_NOREPLY_ADDRESS",
    default: "true",
    description: "Whether mails with a secret link come from an address with a token",
    ...yesOrNo(),
  },
  gatewayPattern: {
    name: "EMAIL_GATEWAY_PATTERN",
    default: undefined,
    description:
      "The addresses whose mail becomes messages, of channels and of answers to mails about " +
      "messages, with %s where each has its token: %s@mail.example.com; if not set, such mails " +
      "cannot be answered",
    ...textThat(
      (text) => text.split("%s").length === 2 && isAddress(text.replace("%s", "a")),
      "an e-mail address with %s in it, once",
    ),
  },
  gatewayOtherEnding: {
    name: "EMAIL_GATEWAY_EXTRA_PATTERN_HACK",
    default: undefined,
    description:
      "What the addresses of EMAIL_GATEWAY_PATTERN may end with besides, instead of what " +
      "follows its %s: @old.example.com",
    ...textThat((text) => text.includes("@") && isAddress(`a${text}`), "the end of an address"),
  },
  mirrorsAsUser: {
    name: "MIRROR_AS_USER",
    default: "false",
    description: "Whether email_mirror runs on a Zulip server's database, and sends what came by " +
      "mail by the REST API, with the API key of its sender",
    ...yesOrNo(),
  },
  reactivationGroupSize: {
    name: "MAX_GROUP_SIZE_FOR_MENTION_REACTIVATION",
    default: "11",
    description: "The most members of a group whose mention brings back a user who was away for " +
      "long, as a mention by name does",
    ...wholeNumber(0, 1_000_000),
  },
  hasReactivationQueue: {
    name: "DEDICATED_SOFT_REACTIVATION_QUEUE",
    default: "false",
    description: "Whether users who were away for long are brought back by the queue " +
      "soft_reactivation, not by deferred_work: as on the Zulip server",
    ...yesOrNo(),
  },
  sendsDigests: {
    name: "SEND_DIGEST_EMAILS",
    default: "true",
    description: "Whether enqueue-digest-emails publishes digests",
    ...yesOrNo(),
  },
  templatesDir: {
    name: "TEMPLATES_DIR",
    default: undefined,
    description: "A folder of your own mail templates, each of which replaces one of the program's",
    ...path("the path of a folder"),
  },
  effectsDays: {
    name: "EFFECTS_DAYS",
    default: "30",
    description:
      "Days for which it is kept which mail was sent to whom, so that none is sent twice",
    ...wholeNumber(1, 365),
  },
} as const satisfies Record<string, Setting<unknown>>;
