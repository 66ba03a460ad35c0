/**
 * From the settings of pushes to the services that carry them. Files that settings name are read
 * here.
 *
 * @module
 */

import { Apns, type ApnsCredentials, type ApnsSettings } from "./apns.ts";
import { Bouncer, type BouncerSettings } from "./bouncer.ts";
import { certificateOf, credentialsOf, keyOf, serviceAccountOf } from "./credential_files.ts";
import { Fcm, type FcmSettings } from "./fcm.ts";

/** What Apple knows this server by, as the configuration has it. */
export type ApnsCredentialsSetup =
  | {
    readonly kind: "key";
    /** APNS_TOKEN_KEY_FILE: a file with the private key (PEM). */
    readonly keyFile: string;
    /** APNS_TOKEN_KEY_ID. */
    readonly keyId: string;
    /** APNS_TEAM_ID. */
    readonly teamId: string;
  }
  | {
    readonly kind: "certificate";
    /** APNS_CERT_FILE: a file with the certificate and its private key (PEM). */
    readonly certFile: string;
  };

/** The part of the configuration that pushes depend on, as it has it in `push`. */
export interface PushSetup {
  readonly bouncer: Omit<BouncerSettings, "ca" | "timeoutMs"> | undefined;
  readonly apns: { readonly url: string; readonly credentials: ApnsCredentialsSetup } | undefined;
  readonly fcm: { readonly url: string; readonly credentialsFile: string } | undefined;
  /** PUSH_CA_FILE. */
  readonly caFile: string | undefined;
}

/** The services that are configured: the bouncer alone, or what is called directly. */
export interface PushServices extends AsyncDisposable {
  readonly bouncer: Bouncer | undefined;
  /** `undefined` with a bouncer. */
  readonly apns: Apns | undefined;
  /** `undefined` with a bouncer. */
  readonly fcm: Fcm | undefined;
}

/**
 * The services that the settings name. Nothing is connected yet.
 *
 * @throws {PushSettingError} When a file cannot be read or is not what it must be.
 */
export function openPushServices(setup: PushSetup): PushServices {
  const bouncer = bouncerSettings(setup);
  const apns = bouncer ? undefined : apnsSettings(setup);
  const fcm = bouncer ? undefined : fcmSettings(setup);
  const services = {
    bouncer: bouncer && new Bouncer(bouncer),
    apns: apns && new Apns(apns),
    fcm: fcm && new Fcm(fcm),
  };
  return {
    ...services,
    async [Symbol.asyncDispose]() {
      for (const each of Object.values(services)) await each?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * How APNs is called; `undefined`: it is not.
 *
 * @throws {PushSettingError} When a file cannot be read or is not what it must be.
 */
export function apnsSettings({ apns, caFile }: PushSetup): ApnsSettings | undefined {
  if (!apns) return undefined;
  return { url: apns.url, credentials: credentialsFrom(apns.credentials), ca: caOf(caFile) };
}

/** How FCM is called; `undefined`: it is not. @throws As {@linkcode apnsSettings}. */
export function fcmSettings({ fcm, caFile }: PushSetup): FcmSettings | undefined {
  if (!fcm) return undefined;
  return { url: fcm.url, account: serviceAccountOf(fcm.credentialsFile), ca: caOf(caFile) };
}

/** How the bouncer is called; `undefined`: it is not. @throws As {@linkcode apnsSettings}. */
export function bouncerSettings({ bouncer, caFile }: PushSetup): BouncerSettings | undefined {
  return bouncer && { ...bouncer, ca: caOf(caFile) };
}

function credentialsFrom(setup: ApnsCredentialsSetup): ApnsCredentials {
  if (setup.kind === "certificate") {
    return { kind: "certificate", ...credentialsOf(setup.certFile) };
  }
  const { keyFile, keyId, teamId } = setup;
  return { kind: "key", key: keyOf(keyFile), keyId, teamId };
}

function caOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : certificateOf(path);
}
