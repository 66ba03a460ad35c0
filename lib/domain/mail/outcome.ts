/**
 * What became of a mail that was handed to an SMTP server, by nodemailer's answers and errors.
 *
 * @module
 */

import { addressKey } from "./address.ts";
import { type Confidential, masked, serverWords } from "./server_words.ts";
import { NO_LOGIN } from "./smtp_settings.ts";

/** What became of a mail for one recipient. */
export type RecipientResult =
  /** The server has taken the mail. */
  | { readonly kind: "accepted" }
  /** The server does not take it: ever (5xx), or now (4xx). */
  | {
    readonly kind: "refused";
    readonly isForGood: boolean;
    /** Whether the mail was refused, and not this recipient. */
    readonly isOfMail: boolean;
    /** SMTP's code of three digits. */
    readonly code: number;
    /** What the server said, without addresses; with the enhanced code, where it has one. */
    readonly words: string;
  };

/** Why a mail was not sent to anybody. Each reason is a sentence without its period. */
export type NotSentCause =
  /** The server is away, overloaded or silent: the same mail can be sent later. */
  | "network"
  /** The same, at a recipient or within the mail: that may be because of this mail. */
  | "interrupted"
  /** Nothing can be sent until somebody changes a setting here or at the server. */
  | "configuration"
  /** The signal was aborted, or the transport closed. */
  | "aborted";

/** What became of a mail. */
export type SendResult =
  /** The server has answered; one result for each recipient, in the order of `Mail.recipients`. */
  | { readonly kind: "answered"; readonly recipients: readonly RecipientResult[] }
  /** Certainly nobody gets it. */
  | NotSent
  /** The whole mail is out, and nobody knows whether the server took it. */
  | { readonly kind: "unknown"; readonly reason: string };

/** A mail that certainly nobody gets. */
export interface NotSent {
  readonly kind: "not-sent";
  readonly cause: NotSentCause;
  /** What is wrong, where, and for configuration what to do. */
  readonly reason: string;
}

/** How far a mail had got when sending failed. */
export interface Progress extends Confidential {
  /** The server: `host:port`. */
  readonly where: string;
  /** Whether the server had accepted the sender. */
  readonly isBegun: boolean;
  /** Whether the mail and the dot after it are out. */
  readonly isSent: boolean;
  /** Whether the server said nothing for too long, so that the mail was given up. */
  readonly isStalled: boolean;
  /** Whether the transport was closed. */
  readonly isClosed: boolean;
}

/** Nodemailer's error for one recipient. */
export interface RejectedRecipient {
  readonly recipient?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
}

/** The properties of nodemailer's errors that matter. */
interface SmtpError extends RejectedRecipient {
  readonly message: string;
  readonly code?: string | undefined;
  readonly originalCode?: string | undefined;
  readonly command?: string | undefined;
  readonly rejectedErrors?: readonly RejectedRecipient[] | undefined;
}

/** Codes of nodemailer where the connection failed, or what came through it was not SMTP. */
const CONNECTION_CODES: ReadonlySet<string | undefined> = new Set([
  "ECONNECTION",
  "ESOCKET",
  "EDNS",
  "ETIMEDOUT",
  "EPROTOCOL",
  "ETLS",
]);
/** Codes with which a server asks for a login; at a recipient they are about that recipient. */
const LOGIN_WANTED: ReadonlySet<number> = new Set([530, 534, 535, 538]);
/** The server ends the connection, whatever it was asked. */
const CLOSING = 421;
/** What the server says to a command that came at the wrong time; on a new connection it may not. */
const BAD_SEQUENCE = 503;
/** The mail is too large, at whatever command. */
const TOO_LARGE = 552;
/** What servers answer to a mail that is larger than they had said to take. */
const LARGER_THAN_ANNOUNCED: RejectedRecipient = {
  responseCode: TOO_LARGE,
  response: "552 5.3.4 The mail is larger than the server takes",
};
/** What TLS says of a certificate that is not the expected one. */
const CERTIFICATE = /cert|self.signed|issuer|altname|hostname/i;
/** What TLS says of bytes that are not TLS. */
const NOT_TLS = /wrong.version.number|corrupt message/i;

/** What a server does not do, and what helps. */
const LOGIN = ["refuses the login", "correct EMAIL_HOST_USER and EMAIL_HOST_PASSWORD"] as const;
const NO_LOGIN_OFFERED = [
  "offers no login",
  "remove EMAIL_HOST_USER and EMAIL_HOST_PASSWORD, or, where the connection is not encrypted, set " +
  "EMAIL_USE_TLS, as many servers offer a login only then",
] as const;
const NO_TLS = [
  "does not do STARTTLS",
  "set EMAIL_USE_TLS to false, or EMAIL_USE_SSL to true with its port",
] as const;
const NO_MAIL = [
  "takes no mail from here",
  "configure it to take mail of NOREPLY_EMAIL_ADDRESS from this machine",
] as const;
const TLS_ADVICE = "set EMAIL_USE_SSL to false and EMAIL_USE_TLS to true, or correct EMAIL_PORT";
const CERTIFICATE_ADVICE = "EMAIL_HOST must be a name in the certificate, and EMAIL_CA_FILE the " +
  "authority that signed it";

/**
 * The result for a mail whose sending failed.
 *
 * @param error What nodemailer threw.
 * @returns undefined when the error is none of nodemailer's about SMTP: then it is a fault of ours.
 */
export function classifyError(error: unknown, progress: Progress): SendResult | undefined {
  const smtp = error as SmtpError;
  if (isRefusal(smtp, progress)) return refusals(smtp, progress);
  if (progress.isSent && !isReply(smtp)) {
    return { kind: "unknown", reason: `${progress.where} did not answer to the whole mail` };
  }
  const result = classifyConnectionError(error, progress);
  return result?.cause === "network" && progress.isBegun
    ? { ...result, cause: "interrupted" }
    : result;
}

/**
 * The result when there was nothing to send, or sending could not begin.
 *
 * @param error As for {@linkcode classifyError}.
 * @returns As {@linkcode classifyError} does.
 */
export function classifyConnectionError(error: unknown, progress: Progress): NotSent | undefined {
  const smtp = error as SmtpError;
  return isReply(smtp) ? badReply(smtp, progress) : withoutReply(smtp, progress);
}

/**
 * The result for a mail that the server took for some recipients at least.
 *
 * @param recipients Those of the envelope, in the order of the result.
 * @param rejected Nodemailer's errors for the others.
 */
export function classifyAnswer(
  recipients: readonly string[],
  rejected: readonly RejectedRecipient[],
  confidential: Confidential,
): SendResult {
  const refusals = new Map(
    rejected.map((each) => [addressKey(each.recipient ?? ""), each] as const),
  );
  return {
    kind: "answered",
    recipients: recipients.map((recipient) => {
      const refused = refusals.get(addressKey(recipient));
      return refused ? refusal(refused, confidential, false) : { kind: "accepted" };
    }),
  };
}

/** Whether the server gave this answer to recipients or to the mail, and not to the connection. */
function isRefusal(error: SmtpError, { isSent }: Progress): boolean {
  if (!isReply(error)) return error.code === "EMESSAGE" && !isSent;
  const { responseCode, command } = error;
  if (responseCode === CLOSING) return false;
  if (command === "RCPT TO") return true;
  if (LOGIN_WANTED.has(responseCode)) return false;
  return isSent || responseCode === TOO_LARGE || command === "DATA";
}

function isReply(error: SmtpError): error is SmtpError & { readonly responseCode: number } {
  return error.responseCode !== undefined && error.responseCode >= 400;
}

function refusals(error: SmtpError, progress: Progress): SendResult {
  const { recipients } = progress;
  if (error.rejectedErrors?.length) {
    return classifyAnswer(recipients, error.rejectedErrors, progress);
  }
  const reply = isReply(error) ? error : LARGER_THAN_ANNOUNCED;
  const refused = refusal(reply, progress, error.command !== "RCPT TO");
  return { kind: "answered", recipients: recipients.map(() => refused) };
}

function refusal(
  { responseCode = 0, response = "" }: RejectedRecipient,
  confidential: Confidential,
  isOfMail: boolean,
): RecipientResult {
  return {
    kind: "refused",
    isForGood: responseCode >= 500 && responseCode !== BAD_SEQUENCE,
    isOfMail,
    code: responseCode,
    words: serverWords(response, confidential),
  };
}

function badReply(
  error: SmtpError & { readonly responseCode: number },
  progress: Progress,
): NotSent {
  const { where } = progress;
  const code = error.responseCode;
  const words = serverWords(error.response ?? "", progress);
  const said = `(${code}${words && ` ${words}`})`;
  if (code === CLOSING) return notSent("network", `${where} closes the connection ${said}`);
  const isLogin = LOGIN_WANTED.has(code) || error.command?.startsWith("AUTH");
  if (code < 500 || error.command === "RSET") {
    return notSent("network", `${where} takes no mail now ${said}`);
  }
  const [problem, advice] = isLogin ? LOGIN : error.code === "ETLS" ? NO_TLS : NO_MAIL;
  return notSent("configuration", `${where} ${problem} ${said}: ${advice}`);
}

function withoutReply(error: SmtpError, progress: Progress): NotSent | undefined {
  const { where, isStalled, isClosed } = progress;
  const { code } = error;
  if (isClosed) return notSent("aborted", "The connection to the mail server was closed here");
  if (isStalled) return notSent("network", `${where} does not answer in time`);
  if (code === "EABORT") return notSent("aborted", "Sending was stopped");
  if (code === "EAUTH") return notSent("configuration", `${where} ${LOGIN.join(": ")}`);
  if (code === NO_LOGIN) {
    return notSent("configuration", `${where} ${NO_LOGIN_OFFERED.join(": ")}`);
  }
  return CONNECTION_CODES.has(code)
    ? connectionFailed(error, where, masked(error.message ?? "", progress))
    : undefined;
}

function connectionFailed(error: SmtpError, where: string, detail: string): NotSent {
  if (NOT_TLS.test(error.message)) {
    return notSent("configuration", `${where} does not answer with TLS: ${TLS_ADVICE}`);
  }
  if (CERTIFICATE.test(`${error.originalCode} ${error.message}`)) {
    const reason = `The certificate of ${where} is not accepted (${detail}): ${CERTIFICATE_ADVICE}`;
    return notSent("configuration", reason);
  }
  if (error.code === "ETIMEDOUT") return notSent("network", `${where} does not answer in time`);
  if (error.code === "EDNS") {
    return notSent("network", `The host of ${where} is not found (${detail})`);
  }
  return notSent("network", `The connection to ${where} failed (${detail})`);
}

function notSent(cause: NotSentCause, reason: string): NotSent {
  return { kind: "not-sent", cause, reason };
}
