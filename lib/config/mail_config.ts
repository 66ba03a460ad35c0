/**
 * Mail, and the server as its users know it, as parts of the configuration.
 *
 * @module
 */

import { withoutPort } from "../domain/users/realm_host.ts";
import { MAIL, type MaybeSent } from "./mail_settings.ts";
import type { SettingsReader } from "./reader.ts";
import type { Setting } from "./setting.ts";
import { SITE } from "./site_settings.ts";

/** The Zulip server as its users know it. */
export interface SiteConfig {
  /** With its port, if it has one. @default {"localhost"} */
  readonly externalHost: string;
  /** `https://` or `http://`. @default {"https://"} */
  readonly scheme: string;
  /** Where the REST API is reached; `undefined`: under the host. */
  readonly zulipSite: string | undefined;
  /** A file with certificates (PEM) of authorities that are trusted for it; `undefined`: none. */
  readonly zulipCaFile: string | undefined;
  /** @default {"support@<host>"} */
  readonly administrator: string;
  /** @default {the host} */
  readonly installationName: string;
  /** @default {""} */
  readonly physicalAddress: string;
  /** @default {"en"} */
  readonly language: string;
  /** @default {"UTC"} */
  readonly timeZone: string;
}

/** The key that signs mails. */
export interface DkimConfig {
  readonly domain: string;
  readonly selector: string;
  /** A file with the private key (PEM). */
  readonly keyFile: string;
}

/** The SMTP server, and what mails are made of. */
export interface MailConfig {
  /** `undefined`: no mail is sent. */
  readonly host: string | undefined;
  /** @default {25} */
  readonly port: number;
  /** `undefined`: no login. */
  readonly user: string | undefined;
  /** A secret. */
  readonly password: string | undefined;
  /** How the connection is encrypted. @default {"none"} */
  readonly encryption: "none" | "starttls" | "tls";
  /** A file with the certificate (PEM) of the server's authority; `undefined`: the system's. */
  readonly caFile: string | undefined;
  /** Seconds for each answer of the server. @default {15} */
  readonly timeoutSeconds: number;
  /** `undefined`: mails are not signed. */
  readonly dkim: DkimConfig | undefined;
  /** `undefined`: by the kind of mail. */
  readonly maybeSent: MaybeSent | undefined;
  /** @default {"noreply@<host>"} */
  readonly noreplyAddress: string;
  /** The same with `{token}`; `undefined`: no tokens. @default {"noreply-{token}@<host>"} */
  readonly tokenizedNoreplyAddress: string | undefined;
  /** With `%s`; `undefined`: mails about messages cannot be answered. */
  readonly gatewayPattern: string | undefined;
  /** What addresses of the pattern may end with as well; `undefined`: nothing. */
  readonly gatewayOtherEnding: string | undefined;
  /** Whether mails become messages on a Zulip server's database. @default {false} */
  readonly mirrorsAsUser: boolean;
  /** Members of a group whose mention brings back a user who was away for long. @default {11} */
  readonly reactivationGroupSize: number;
  /** Whether `soft_reactivation` brings users back who were away for long. @default {false} */
  readonly hasReactivationQueue: boolean;
  /** Whether digests are published. @default {true} */
  readonly sendsDigests: boolean;
  /** A folder of templates that come before the program's; `undefined`: none. */
  readonly templatesDir: string | undefined;
}

/** Reads the settings of the server. */
export function readSite(reader: SettingsReader): SiteConfig {
  const externalHost = reader.read(SITE.externalHost);
  return {
    externalHost,
    scheme: reader.read(SITE.scheme),
    zulipSite: reader.readOptional(SITE.zulipSite),
    zulipCaFile: reader.readOptional(SITE.zulipCaFile),
    administrator: reader.readOptional(SITE.administrator) ??
      `support@${withoutPort(externalHost)}`,
    installationName: reader.readOptional(SITE.installationName) ?? externalHost,
    physicalAddress: reader.readOptional(SITE.physicalAddress) ?? "",
    language: reader.read(SITE.language),
    timeZone: reader.read(SITE.timeZone),
  };
}

/** Reads the settings of mail. @param site The server that mails speak of. */
export function readMail(reader: SettingsReader, { externalHost }: SiteConfig): MailConfig {
  const domain = withoutPort(externalHost);
  const noreply = reader.readOptional(MAIL.noreplyAddress);
  const tokenized = reader.readOptional(MAIL.tokenizedNoreplyAddress);
  const addTokens = reader.read(MAIL.addTokens);
  return {
    ...readServer(reader),
    dkim: readDkim(reader),
    maybeSent: reader.readOptional(MAIL.maybeSent),
    noreplyAddress: noreply ?? `noreply@${domain}`,
    tokenizedNoreplyAddress: addTokens ? tokenized ?? `noreply-{token}@${domain}` : undefined,
    gatewayPattern: reader.readOptional(MAIL.gatewayPattern),
    gatewayOtherEnding: reader.readOptional(MAIL.gatewayOtherEnding),
    mirrorsAsUser: reader.read(MAIL.mirrorsAsUser),
    reactivationGroupSize: reader.read(MAIL.reactivationGroupSize),
    hasReactivationQueue: reader.read(MAIL.hasReactivationQueue),
    sendsDigests: reader.read(MAIL.sendsDigests),
    templatesDir: reader.readOptional(MAIL.templatesDir),
  };
}

type Server = Pick<
  MailConfig,
  "host" | "port" | "user" | "password" | "encryption" | "caFile" | "timeoutSeconds"
>;

function readServer(reader: SettingsReader): Server {
  const user = reader.readOptional(MAIL.user);
  const password = reader.readOptional(MAIL.password);
  if (user !== undefined && password === undefined) {
    addProblem(reader, MAIL.password, "it is not set, but EMAIL_HOST_USER is", "set both or none");
  }
  return {
    host: reader.readOptional(MAIL.host),
    port: reader.read(MAIL.port),
    user,
    password,
    encryption: readEncryption(reader),
    caFile: reader.readOptional(MAIL.caFile),
    timeoutSeconds: reader.read(MAIL.timeoutSeconds),
  };
}

function readEncryption(reader: SettingsReader): MailConfig["encryption"] {
  const [useTls, useSsl] = [reader.read(MAIL.useTls), reader.read(MAIL.useSsl)];
  if (useTls && useSsl) {
    addProblem(
      reader,
      MAIL.useSsl,
      "it is true, and EMAIL_USE_TLS too",
      "set EMAIL_USE_TLS for port 587, or EMAIL_USE_SSL for port 465",
    );
  }
  return useSsl ? "tls" : useTls ? "starttls" : "none";
}

function readDkim(reader: SettingsReader): DkimConfig | undefined {
  const { dkimDomain, dkimSelector, dkimKeyFile } = MAIL;
  const domain = reader.readOptional(dkimDomain);
  const selector = reader.readOptional(dkimSelector);
  const keyFile = reader.readOptional(dkimKeyFile);
  if (domain !== undefined && selector !== undefined && keyFile !== undefined) {
    return { domain, selector, keyFile };
  }
  const settings = [dkimDomain, dkimSelector, dkimKeyFile];
  if (settings.some((setting) => reader.has(setting))) {
    const missing = settings.filter((setting) => !reader.has(setting));
    for (const setting of missing) {
      addProblem(
        reader,
        setting,
        "it is not set, but another setting of DKIM is",
        "set EMAIL_DKIM_DOMAIN, EMAIL_DKIM_SELECTOR and EMAIL_DKIM_KEY_FILE, or none of them",
      );
    }
  }
  return undefined;
}

function addProblem(
  reader: SettingsReader,
  { name }: Setting<unknown>,
  wrong: string,
  fix: string,
): void {
  reader.problems.push({ setting: name, wrong, fix });
}
