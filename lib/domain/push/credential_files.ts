/**
 * The files that settings of pushes name: Apple's key or certificate, Google's service account, an
 * authority.
 *
 * @module
 */

import { createPrivateKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { certificatesIn, settingFile } from "../../system/setting_file.ts";
import type { ServiceAccount } from "./google_token.ts";

/** A file that a setting names cannot be used. The message names the setting, and has no secret. */
export class PushSettingError extends Error {
  /** Always `PushSettingError`. */
  override readonly name = "PushSettingError";
}

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]+?-----END [A-Z ]*PRIVATE KEY-----/;

/**
 * Apple's key as PKCS #8.
 *
 * @param path APNS_TOKEN_KEY_FILE.
 * @throws {PushSettingError} When it cannot be read, or is no key on the curve P-256.
 */
export function keyOf(path: string): string {
  const key = privateKey(settingFile("APNS_TOKEN_KEY_FILE", path, PushSettingError));
  const isEc = key?.asymmetricKeyType === "ec";
  if (isEc && key.export({ format: "jwk" }).crv === "P-256") return pkcs8(key);
  throw new PushSettingError(
    `APNS_TOKEN_KEY_FILE is ${path}, which has no private key on the curve P-256 in PEM format: ` +
      "set it to the file AuthKey_….p8 as Apple's developer account gives it",
  );
}

/**
 * Apple's certificate and its key.
 *
 * @param path APNS_CERT_FILE.
 * @throws {PushSettingError} When it cannot be read, or the two are not in it.
 */
export function credentialsOf(path: string): { readonly cert: string; readonly key: string } {
  const text = settingFile("APNS_CERT_FILE", path, PushSettingError);
  const certificates = certificatesIn(text);
  const key = privateKey(PRIVATE_KEY.exec(text)?.[0] ?? "");
  if (certificates && key) return { cert: certificates, key: pkcs8(key) };
  throw new PushSettingError(
    `APNS_CERT_FILE is ${path}, which has no ${certificates ? "private key" : "certificate"} in ` +
      "PEM format: set it to a file with Apple's certificate and its private key, not encrypted",
  );
}

/**
 * An authority that is trusted.
 *
 * @param path PUSH_CA_FILE.
 * @throws {PushSettingError} When it cannot be read, or is no certificate.
 */
export function certificateOf(path: string): string {
  const certificates = certificatesIn(settingFile("PUSH_CA_FILE", path, PushSettingError));
  if (certificates) return certificates;
  throw new PushSettingError(
    `PUSH_CA_FILE is ${path}, which has no valid certificate in PEM format: set it to a file with ` +
      "the certificate of the authority that signed the push servers'",
  );
}

const account = z.object({
  type: z.literal("service_account"),
  project_id: z.string().min(1),
  client_email: z.string().min(1),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https$/ }),
});

/**
 * Google's service account.
 *
 * @param path ANDROID_FCM_CREDENTIALS_PATH.
 * @throws {PushSettingError} When it cannot be read, or is no such file; the message names the field.
 */
export function serviceAccountOf(path: string): ServiceAccount {
  const { success, data, error } = account.safeParse(
    jsonOf(settingFile("ANDROID_FCM_CREDENTIALS_PATH", path, PushSettingError)),
  );
  if (!success) throw noAccount(path, error.issues[0]?.path.join(".") || "it is not JSON");
  const key = privateKey(data.private_key);
  if (key?.asymmetricKeyType !== "rsa") throw noAccount(path, "private_key");
  return {
    projectId: data.project_id,
    clientEmail: data.client_email,
    privateKey: pkcs8(key),
    keyId: data.private_key_id,
    tokenUri: data.token_uri,
  };
}

function noAccount(path: string, wrong: string): PushSettingError {
  return new PushSettingError(
    `ANDROID_FCM_CREDENTIALS_PATH is ${path}, which is not the key of a service account (wrong: ` +
      `${wrong}): set it to the file that the Firebase console makes with "Generate new private key"`,
  );
}

function privateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
