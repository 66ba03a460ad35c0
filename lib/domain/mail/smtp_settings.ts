/**
 * How to reach an SMTP server, and nodemailer's options for it.
 *
 * @module
 */

import type { SMTPConnectionOptions } from "nodemailer/lib/smtp-connection";

/** An SMTP server and a login at it. */
export interface SmtpSettings {
  /** Zulip's EMAIL_HOST: a name or an address. */
  readonly host: string;
  /** Zulip's EMAIL_PORT. */
  readonly port: number;
  /** What this machine calls itself: some servers want a name of the DNS. Default: its own name. */
  readonly clientName?: string | undefined;
  /** Zulip's EMAIL_HOST_USER. Without it, or without a password, nobody logs in. */
  readonly user?: string | undefined;
  /** The password of the user. */
  readonly password?: string | undefined;
  /**
   * `starttls` of EMAIL_USE_TLS: goes on only when the connection is encrypted by STARTTLS. `tls` of
   * EMAIL_USE_SSL: encrypted from the first byte. `none`: never encrypted.
   */
  readonly encryption: "none" | "starttls" | "tls";
  /** The time for connecting, and for each answer before the whole mail is out: EMAIL_TIMEOUT. */
  readonly timeoutSeconds: number;
  /** The time for the answer to the whole mail, which servers check before. @default {60} */
  readonly answerSeconds?: number | undefined;
  /** PEM of the only certificate authorities that are trusted: EMAIL_CA_FILE. Default: the system's. */
  readonly ca?: string | undefined;
  /** Signs each mail. */
  readonly dkim?: DkimSettings | undefined;
}

/** The key that mails are signed with. */
export interface DkimSettings {
  /** The domain of the sender. */
  readonly domain: string;
  /** The name of the key's DNS record: `<selector>._domainkey.<domain>`. */
  readonly selector: string;
  /** PEM. */
  readonly privateKey: string;
}

/** A user and the password. */
export interface SmtpLogin {
  readonly user: string;
  readonly password: string;
}

/** The code of the error for a server that offers no login. */
export const NO_LOGIN = "ENOLOGIN";

/** Names and addresses of this machine. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i;
/** The default time for the answer to a whole mail. */
const ANSWER_SECONDS = 60;

/** Nodemailer's options for a connection. */
export function connectionOptions(settings: SmtpSettings): SMTPConnectionOptions {
  const { host, port, clientName, encryption, timeoutSeconds, ca } = settings;
  const timeout = timeoutSeconds * 1000;
  return {
    host,
    port,
    ...(clientName && { name: clientName }),
    secure: encryption === "tls",
    ...(encryption === "starttls" ? { requireTLS: true } : { ignoreTLS: true }),
    tls: { minVersion: "TLSv1.2", ...(ca !== undefined && { ca }) },
    connectionTimeout: timeout,
    dnsTimeout: timeout,
    greetingTimeout: timeout,
    // Who uses the connection watches for silence; nodemailer has one time for all of it.
    socketTimeout: 2 * Math.max(timeout, timesOf(settings).answerMs),
    // What is closed here was answered or is given up: there is nothing to wait for.
    socketCloseTimeout: 0,
    transactionLog: true,
  };
}

/** The login that the settings have; none without a user or without a password. */
export function loginOf({ user, password }: SmtpSettings): SmtpLogin | undefined {
  return user && password ? { user, password } : undefined;
}

/** How long the server may say nothing, in ms: at each step, and when a whole mail is out. */
export function timesOf({ timeoutSeconds, answerSeconds = ANSWER_SECONDS }: SmtpSettings) {
  return { stepMs: timeoutSeconds * 1000, answerMs: answerSeconds * 1000 };
}

/** A warning where the password goes over a network without encryption; undefined where not. */
export function passwordInClear(settings: SmtpSettings): string | undefined {
  const { host, encryption } = settings;
  if (encryption !== "none" || !loginOf(settings) || LOOPBACK.test(host)) return undefined;
  return `the password goes to ${host} without encryption: set EMAIL_USE_TLS, or EMAIL_USE_SSL`;
}
