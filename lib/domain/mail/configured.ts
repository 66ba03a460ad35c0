/**
 * From the settings of mail to what mails are sent with. Files that settings name are read here.
 *
 * @module
 */

import { createPrivateKey } from "node:crypto";
import { certificatesIn, settingFile } from "../../system/setting_file.ts";
import { withoutPort } from "../users/realm_host.ts";
import type { MailIdentity } from "./prepare.ts";
import type { DkimSettings, SmtpSettings } from "./smtp_settings.ts";

/** The settings of the SMTP server, as the configuration has them in `mail`. */
export interface MailSettings
  extends Pick<SmtpSettings, "port" | "user" | "password" | "encryption" | "timeoutSeconds"> {
  /** EMAIL_HOST; `undefined`: no mail is sent. */
  readonly host: string | undefined;
  /** EMAIL_CA_FILE. */
  readonly caFile: string | undefined;
  /** The settings EMAIL_DKIM_…; `keyFile` is a path. */
  readonly dkim:
    | Pick<DkimSettings, "domain" | "selector"> & { readonly keyFile: string }
    | undefined;
  /** NOREPLY_EMAIL_ADDRESS. */
  readonly noreplyAddress: string;
  /** TOKENIZED_NOREPLY_EMAIL_ADDRESS, with `{token}`; `undefined`: no tokens. */
  readonly tokenizedNoreplyAddress: string | undefined;
}

/** The parts of the configuration that mails depend on. */
export interface MailSetup {
  readonly mail: MailSettings;
  /** The server as its users know it. */
  readonly site: Omit<MailIdentity, "noReply" | "tokenizedNoReply">;
}

/** A setting of mail, or the file that it names, cannot be used. The message names the setting. */
export class MailSettingError extends Error {
  /** Always `MailSettingError`. */
  override readonly name = "MailSettingError";
}

/**
 * The SMTP server that the settings name.
 *
 * @throws {MailSettingError} When EMAIL_HOST is not set, or a file cannot be read or is not what it
 * must be.
 */
export function smtpSettings({ mail, site }: MailSetup): SmtpSettings {
  const { host, port, user, password, encryption, caFile, timeoutSeconds, dkim } = mail;
  if (host === undefined) {
    throw new MailSettingError("EMAIL_HOST is not set: set it to the SMTP server");
  }
  return {
    ...{ host, port, user, password, encryption, timeoutSeconds },
    clientName: withoutPort(site.externalHost),
    ca: caFile === undefined ? undefined : authorityOf(caFile),
    dkim: dkim && {
      domain: dkim.domain,
      selector: dkim.selector,
      privateKey: dkimKeyOf(dkim.keyFile),
    },
  };
}

/** Who mails are from, and the server that they speak of. */
export function mailIdentity({ mail, site }: MailSetup): MailIdentity {
  const { noreplyAddress: noReply, tokenizedNoreplyAddress: tokenizedNoReply } = mail;
  return { ...site, noReply, tokenizedNoReply };
}

function authorityOf(path: string): string {
  const text = settingFile("EMAIL_CA_FILE", path, MailSettingError);
  if (certificatesIn(text)) return text;
  throw new MailSettingError(
    `EMAIL_CA_FILE is ${path}, which has no valid certificate in PEM format: set it to a file with ` +
      "the certificate of the authority that signed the SMTP server's",
  );
}

/** Mails are signed with RSA or Ed25519. */
function dkimKeyOf(path: string): string {
  const text = settingFile("EMAIL_DKIM_KEY_FILE", path, MailSettingError);
  if (isSigningKey(text)) return text;
  throw new MailSettingError(
    `EMAIL_DKIM_KEY_FILE is ${path}, which has no private key (RSA or Ed25519) in PEM format that ` +
      "is not encrypted: set it to the key whose public one is in the DNS",
  );
}

function isSigningKey(text: string): boolean {
  try {
    return ["rsa", "ed25519"].includes(createPrivateKey(text).asymmetricKeyType ?? "");
  } catch {
    return false;
  }
}
