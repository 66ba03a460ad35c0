/**
 * The server that takes mails for the queue `email_mirror`, as a part of the configuration.
 *
 * @module
 */

import { MIRROR_SERVER, type MirrorRateRule, type MirrorTls } from "./mirror_server_settings.ts";
import type { SettingsReader } from "./reader.ts";
import type { Setting } from "./setting.ts";

/** The certificate of the server. */
export interface MirrorTlsConfig {
  /** @default {"optional"} */
  readonly mode: MirrorTls;
  /** A file with the certificate (PEM). */
  readonly certFile: string;
  /** A file with its private key (PEM). */
  readonly keyFile: string;
}

/** What the server takes. */
export interface MirrorServerConfig {
  /** Bytes of a mail. @default {12,000,000, which is also the most} */
  readonly maxBytes: number;
  /** Recipients of a mail. @default {100} */
  readonly maxRecipients: number;
  /** Clients at once. @default {50} */
  readonly maxConnections: number;
  /** Seconds after which a silent client is disconnected. @default {300} */
  readonly idleSeconds: number;
  /** `undefined`: nothing is encrypted. */
  readonly tls: MirrorTlsConfig | undefined;
  /** Where mail to postmaster is forwarded. @default {ZULIP_ADMINISTRATOR} */
  readonly postmaster: string;
  /** The most mails for one organization. @default {50 in 60 s, 120 in 300 s, 600 in 3600 s} */
  readonly rateRules: readonly MirrorRateRule[];
}

/** Reads these settings. @param administrator ZULIP_ADMINISTRATOR. */
export function readMirrorServer(
  reader: SettingsReader,
  { administrator }: { readonly administrator: string },
): MirrorServerConfig {
  return {
    maxBytes: reader.read(MIRROR_SERVER.maxBytes),
    maxRecipients: reader.read(MIRROR_SERVER.maxRecipients),
    maxConnections: reader.read(MIRROR_SERVER.maxConnections),
    idleSeconds: reader.read(MIRROR_SERVER.idleSeconds),
    tls: readTls(reader),
    postmaster: reader.readOptional(MIRROR_SERVER.postmaster) ?? administrator,
    rateRules: reader.read(MIRROR_SERVER.rateRules),
  };
}

function readTls(reader: SettingsReader): MirrorTlsConfig | undefined {
  const mode = reader.read(MIRROR_SERVER.tls);
  const certFile = reader.readOptional(MIRROR_SERVER.certFile);
  const keyFile = reader.readOptional(MIRROR_SERVER.keyFile);
  if (certFile !== undefined && keyFile !== undefined) return { mode, certFile, keyFile };
  const needing =
    [MIRROR_SERVER.certFile, MIRROR_SERVER.keyFile].find((each) => reader.has(each)) ??
      (mode === "optional" ? undefined : MIRROR_SERVER.tls);
  if (!needing) return undefined;
  for (const each of [MIRROR_SERVER.certFile, MIRROR_SERVER.keyFile]) {
    if (!reader.has(each)) addMissing(reader, each, needing);
  }
  return undefined;
}

function addMissing(
  reader: SettingsReader,
  { name }: Setting<unknown>,
  needing: Setting<unknown>,
): void {
  const wrong = `it is not set, but ${needing.name} is`;
  const fix = "set MIRROR_CERT_FILE and MIRROR_KEY_FILE, or neither of them and no MIRROR_TLS";
  reader.problems.push({ setting: name, wrong, fix });
}
