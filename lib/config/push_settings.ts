/**
 * The settings of pushes to phones. Names and defaults are Zulip's, except those that Zulip does not
 * have: the addresses of Apple's and Google's servers, the authority's file, and the patience.
 *
 * @module
 */

import { path, type Setting, text, textThat, wholeNumber, yesOrNo } from "./setting.ts";

/** The settings of pushes. */
export const PUSH = {
  service: {
    name: "ZULIP_SERVICE_PUSH_NOTIFICATIONS",
    default: "false",
    description: "Whether pushes go through the push bouncer at ZULIP_SERVICES_URL",
    ...yesOrNo(),
  },
  servicesUrl: {
    name: "ZULIP_SERVICES_URL",
    default: "https://push.zulipchat.com",
    description: "The address of the push bouncer",
    ...httpsUrl(),
  },
  orgId: {
    name: "ZULIP_ORG_ID",
    default: undefined,
    description: "The id under which this server is registered at the push bouncer",
    ...textThat(isBasicUser, "the id that `register_server` gave, without a colon"),
  },
  orgKey: {
    name: "ZULIP_ORG_KEY",
    default: undefined,
    description: "The key that belongs to ZULIP_ORG_ID",
    secret: "whole",
    ...text("the key that `register_server` gave"),
  },
  apnsKeyFile: {
    name: "APNS_TOKEN_KEY_FILE",
    default: undefined,
    description: "A file with Apple's key for pushes (AuthKey_….p8), for pushes without a bouncer",
    ...path("the path of a file"),
  },
  apnsKeyId: {
    name: "APNS_TOKEN_KEY_ID",
    default: undefined,
    description: "The id of that key, of ten characters",
    secret: "whole",
    ...textThat(isAppleId, "the key's id: ten capital letters and digits"),
  },
  apnsTeamId: {
    name: "APNS_TEAM_ID",
    default: undefined,
    description: "The id of the team at Apple whose key it is, of ten characters",
    secret: "whole",
    ...textThat(isAppleId, "the team's id: ten capital letters and digits"),
  },
  apnsCertFile: {
    name: "APNS_CERT_FILE",
    default: undefined,
    description:
      "Instead of such a key: a file with Apple's certificate for pushes and its private " +
      "key (PEM)",
    ...path("the path of a file"),
  },
  apnsSandbox: {
    name: "APNS_SANDBOX",
    default: "true",
    description: "Whether the app is a development build, whose pushes go to Apple's sandbox",
    ...yesOrNo(),
  },
  apnsUrl: {
    name: "APNS_URL",
    default: undefined,
    description:
      "The address of APNs, where it is not Apple's own: of a gateway, or of a test server",
    ...httpsUrl(),
  },
  fcmFile: {
    name: "ANDROID_FCM_CREDENTIALS_PATH",
    default: undefined,
    description:
      "A file with the key of a service account of Firebase (JSON), for pushes without a " +
      "bouncer",
    ...path("the path of a file"),
  },
  fcmUrl: {
    name: "FCM_URL",
    default: "https://fcm.googleapis.com",
    description: "The address of FCM",
    ...httpsUrl(),
  },
  caFile: {
    name: "PUSH_CA_FILE",
    default: undefined,
    description: "A file with the certificate (PEM) of an authority that is trusted besides the " +
      "system's when pushes are sent",
    ...path("the path of a file"),
  },
  patienceSeconds: {
    name: "PUSH_PATIENCE_SECONDS",
    default: "3600",
    description: "Seconds after which a push that could not be sent is too old to be sent",
    ...wholeNumber(60, 86_400),
  },
} as const satisfies Record<string, Setting<unknown>>;

function httpsUrl() {
  return textThat(isHttpsUrl, "an address with https:// and a host, without a user and a path");
}

/** Whether it is an address of a server alone: what is behind the host is ours. */
function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === "https:" && url.username === "" && url.password === "" &&
    url.pathname === "/" && !/[?#]/.test(text);
}

/** Whether it can be the user's name of HTTP's Basic authentication. */
function isBasicUser(text: string): boolean {
  return /^[^:\p{Cc}]+$/u.test(text);
}

function isAppleId(text: string): boolean {
  return /^[A-Z0-9]{10}$/.test(text.trim());
}
