/**
 * Pushes to phones, as a part of the configuration.
 *
 * @module
 */

import type { ApnsCredentialsSetup } from "../domain/push/configured.ts";
import { PUSH } from "./push_settings.ts";
import type { SettingsReader } from "./reader.ts";
import type { Setting } from "./setting.ts";

/** The push bouncer. */
export interface BouncerConfig {
  /** `https://host`, without a slash at its end. @default {"https://push.zulipchat.com"} */
  readonly url: string;
  readonly orgId: string;
  /** A secret. */
  readonly orgKey: string;
}

/** APNs, called without a bouncer. */
export interface ApnsConfig {
  /** `https://host`. @default {Apple's, or its sandbox's} */
  readonly url: string;
  readonly credentials: ApnsCredentialsSetup;
}

/** FCM, called without a bouncer. */
export interface FcmConfig {
  /** `https://host`. @default {"https://fcm.googleapis.com"} */
  readonly url: string;
  /** A file with the key of a service account (JSON). */
  readonly credentialsFile: string;
}

/** How pushes are sent. */
export interface PushConfig {
  /** `undefined`: pushes go to Apple and Google directly, where these are configured. */
  readonly bouncer: BouncerConfig | undefined;
  /** `undefined`: none are sent to Apple directly. */
  readonly apns: ApnsConfig | undefined;
  /** `undefined`: none are sent to Google directly. */
  readonly fcm: FcmConfig | undefined;
  /** A file with the certificate (PEM) of a further authority; `undefined`: the system's alone. */
  readonly caFile: string | undefined;
  /** Seconds after which a push is too old to be sent. @default {3600} */
  readonly patienceSeconds: number;
}

const APPLE = {
  production: "https://api.push.apple.com",
  sandbox: "https://api.sandbox.push.apple.com",
} as const;

/** Reads the settings of pushes. */
export function readPush(reader: SettingsReader): PushConfig {
  return {
    bouncer: readBouncer(reader),
    apns: readApns(reader),
    fcm: readFcm(reader),
    caFile: reader.readOptional(PUSH.caFile),
    patienceSeconds: reader.read(PUSH.patienceSeconds),
  };
}

function readBouncer(reader: SettingsReader): BouncerConfig | undefined {
  const isUsed = reader.read(PUSH.service);
  const url = originOf(reader.read(PUSH.servicesUrl));
  const [orgId, orgKey] = [reader.readOptional(PUSH.orgId), reader.readOptional(PUSH.orgKey)];
  if (!isUsed) return undefined;
  if (orgId !== undefined && orgKey !== undefined) return { url, orgId, orgKey };
  addMissing(
    reader,
    [PUSH.orgId, PUSH.orgKey],
    "it is not set, but ZULIP_SERVICE_PUSH_NOTIFICATIONS is true",
    "set it to what `register_server` gave, which Zulip keeps in zulip-secrets.conf",
  );
  return undefined;
}

function readApns(reader: SettingsReader): ApnsConfig | undefined {
  const isSandbox = reader.read(PUSH.apnsSandbox);
  const url = reader.readOptional(PUSH.apnsUrl) ?? APPLE[isSandbox ? "sandbox" : "production"];
  const credentials = readApnsCredentials(reader);
  return credentials && { url: originOf(url), credentials };
}

function readApnsCredentials(reader: SettingsReader): ApnsCredentialsSetup | undefined {
  const keyFile = reader.readOptional(PUSH.apnsKeyFile);
  const keyId = reader.readOptional(PUSH.apnsKeyId)?.trim();
  const teamId = reader.readOptional(PUSH.apnsTeamId)?.trim();
  const certFile = reader.readOptional(PUSH.apnsCertFile);
  if (keyFile === undefined) {
    return certFile === undefined ? undefined : { kind: "certificate", certFile };
  }
  if (certFile !== undefined) {
    const wrong = "it is set, and APNS_TOKEN_KEY_FILE too";
    const fix = "remove APNS_CERT_FILE, which Apple's key takes the place of";
    reader.problems.push({ setting: PUSH.apnsCertFile.name, wrong, fix });
  }
  if (keyId !== undefined && teamId !== undefined) return { kind: "key", keyFile, keyId, teamId };
  addMissing(
    reader,
    [PUSH.apnsKeyId, PUSH.apnsTeamId],
    "it is not set, but APNS_TOKEN_KEY_FILE is",
    "set it to what Apple's developer account shows for the key",
  );
  return undefined;
}

function readFcm(reader: SettingsReader): FcmConfig | undefined {
  const url = originOf(reader.read(PUSH.fcmUrl));
  const credentialsFile = reader.readOptional(PUSH.fcmFile);
  return credentialsFile === undefined ? undefined : { url, credentialsFile };
}

/** A problem for each of the settings that is not given. */
function addMissing(
  reader: SettingsReader,
  settings: readonly Setting<unknown>[],
  wrong: string,
  fix: string,
): void {
  for (const setting of settings.filter((each) => !reader.has(each))) {
    reader.problems.push({ setting: setting.name, wrong, fix });
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}
