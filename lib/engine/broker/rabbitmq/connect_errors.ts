/**
 * Why no connection to RabbitMQ could be made, with what to do about it.
 *
 * @module
 */

import { alternatives } from "../../../errors/alternatives.ts";
import { BrokerError, type BrokerErrorKind } from "../broker.ts";
import { type Certificate, outOfDate } from "./certificates.ts";
import { type Address, FINAL, firstLine, textOf, whereOf } from "./errors.ts";

/** An error of the system or the broker, and its meaning. */
interface Reason {
  readonly words: RegExp;
  readonly kind: BrokerErrorKind;
  readonly message: (about: About) => string;
}

/** What messages call the settings of a connection. */
export interface ConnectionNames {
  readonly url: string;
  readonly host: string;
  readonly hostAndPort: string;
  readonly login: string;
  readonly vhost: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** The names of the program's settings. */
export const SETTING_NAMES: ConnectionNames = {
  url: "AMQP_URL",
  host: "AMQP_URL (or RABBITMQ_HOST)",
  hostAndPort: "AMQP_URL (or RABBITMQ_HOST and RABBITMQ_PORT)",
  login: "AMQP_URL (or RABBITMQ_USERNAME and RABBITMQ_PASSWORD)",
  vhost: "AMQP_URL or RABBITMQ_VHOST",
  caFile: "AMQP_CA_FILE",
  certFile: "AMQP_CERT_FILE",
  keyFile: "AMQP_KEY_FILE",
};

interface About {
  readonly address: Address;
  readonly names: ConnectionNames;
  /** Host and port. */
  readonly where: string;
  /** The first line of the error. */
  readonly why: string;
}

/** The certificates of a TLS connection that could not be made, beside its error. */
export class TlsFailure extends Error {
  override readonly name = "TlsFailure";
  /** All certificates of the connection that could be read. */
  readonly certificates: readonly Certificate[];

  /** @param cause The error of the connection. */
  constructor(cause: Error, certificates: readonly Certificate[]) {
    super(textOf(cause));
    this.certificates = certificates;
  }
}

/** Words of TLS errors: Deno's, and Node's codes. */
const TLS_FAILURE =
  /certificate|UnknownIssuer|NotValidForName|CERT_|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|HandshakeFailure|corrupt message|InvalidContentType|peer is incompatible|fatal alert/i;

/** What to do about a TLS error, by its words; the first that fits. */
const TLS_ADVICE: readonly (readonly [
  words: RegExp,
  advice: (names: ConnectionNames) => string,
])[] = [
  [
    /Certificate_?Required/i,
    ({ certFile, keyFile }) =>
      `the broker wants a certificate of this program: name it and its key with ${certFile} and ` +
      keyFile,
  ],
  [
    /alert:? ?(UnknownCA|BadCertificate|UnsupportedCertificate|CertificateRevoked|CertificateExpired|CertificateUnknown|AccessDenied)/i,
    ({ certFile }) =>
      `the broker refuses the certificate of ${certFile}: use one of an authority that the ` +
      "broker trusts (ssl_options.cacertfile in rabbitmq.conf)",
  ],
  [
    /HandshakeFailure|peer is incompatible|ProtocolVersion/i,
    ({ certFile, keyFile }) =>
      "the two have no version or cipher of TLS in common, or the broker wants a certificate of " +
      `this program (${certFile} and ${keyFile})`,
  ],
  [
    /ALTNAME|NotValidForName/i,
    () => "use a host name or address that the broker's certificate has",
  ],
  [
    /UNABLE_TO_|UnknownIssuer|SELF_SIGNED/i,
    ({ caFile }) => `name the authority that signed the broker's certificate with ${caFile}`,
  ],
  [
    /corrupt message|InvalidContentType|WRONG_VERSION/i,
    () => "check that the port is the one for TLS",
  ],
];

const anyTlsAdvice = ({ caFile }: ConnectionNames) =>
  `name the authority that signed the broker's certificate with ${caFile}, use the host name that ` +
  "the certificate has, and check that the port is the one for TLS";

/** The broker refuses a virtual host by closing the connection; amqplib hides the reason. */
const VHOST_REFUSAL = /NOT_ALLOWED|Expected ConnectionOpenOk; got <ConnectionClose/;

/** What the words of an error mean; the first that fits. */
const REASONS: readonly Reason[] = [
  { words: /ACCESS_REFUSED|\b403 \(/, kind: "login", message: loginMessage },
  { words: VHOST_REFUSAL, kind: "vhost", message: vhostMessage },
  {
    words: /EMFILE|ENFILE|too many open files/i,
    kind: "unreachable",
    message: ({ where, why }) =>
      `There is no connection to RabbitMQ at ${where}, as this process or this host has too many ` +
      `open files (${why}): raise the limit (ulimit -n, or LimitNOFILE= of the unit)`,
  },
  {
    words: /ENOTFOUND|EAI_AGAIN|failed to lookup address/i,
    kind: "unreachable",
    message: ({ where, why, names }) =>
      `RabbitMQ at ${where} cannot be reached (${why}): no address of that name is known; check the ` +
      `host of ${names.host}, and this host's name servers`,
  },
];

/** One address could not be connected to. */
export class ConnectFailure extends Error {
  override readonly name = "ConnectFailure";
  readonly address: Address;
  /** @param cause The error of the connection. @param address Where. */
  constructor(cause: unknown, address: Address) {
    super("", { cause });
    this.address = address;
  }
}

/**
 * Explains why no connection could be made. Where one address gave a reason that no further attempt
 * cures, that is it: the others belong to the same cluster.
 *
 * @param failures One for each address that was tried.
 * @param names What the message calls the settings. @default {the program's settings}
 */
export function explainFailures(
  failures: readonly ConnectFailure[],
  names: ConnectionNames = SETTING_NAMES,
): BrokerError {
  const errors = failures.map(({ cause, address }) => explainConnect(cause, address, { names }));
  const final = errors.find(({ kind }) => FINAL.has(kind));
  const [first, second] = errors;
  if (first && (final || !second)) return final ?? first;
  const where = alternatives(failures.map(({ address }) => whereOf(address)).toSorted());
  const reasons = new Set(failures.map(({ cause }) => firstLine(textOf(cause))));
  const why = [...reasons].toSorted().join("; ");
  return new BrokerError("unreachable", unreachableMessage({ where, why, names }), {
    cause: first,
  });
}

/** What an explanation depends on beside the error. */
export interface ExplainOptions {
  /** ms since 1970. @default {Date.now()} */
  readonly now?: number;
  /** What the message calls the settings. @default {the program's settings} */
  readonly names?: ConnectionNames;
}

/** Explains why no connection could be made. */
export function explainConnect(
  error: unknown,
  address: Address,
  { now = Date.now(), names = SETTING_NAMES }: ExplainOptions = {},
): BrokerError {
  const text = textOf(error);
  const about = { address, names, where: whereOf(address), why: firstLine(text) };
  const reason = REASONS.find(({ words }) => words.test(text));
  const kind = reason?.kind ?? (isTlsFailure(error) ? "tls" : "unreachable");
  const message = reason?.message(about) ??
    (kind === "tls" ? tlsMessage(error, about, now) : unreachableMessage(about));
  return new BrokerError(kind, message, { cause: error });
}

/** Whether an error is one of TLS. */
export function isTlsFailure(error: unknown): boolean {
  return TLS_FAILURE.test(textOf(error));
}

function tlsMessage(error: unknown, { where, why, names }: About, now: number): string {
  const certificates = error instanceof TlsFailure ? error.certificates : [];
  const advice = outOfDate(certificates, now) ??
    (TLS_ADVICE.find(([words]) => words.test(why))?.[1] ?? anyTlsAdvice)(names);
  return `The TLS connection to ${where} could not be made (${why}): ${advice}`;
}

function unreachableMessage(
  { where, why, names }: Pick<About, "where" | "why" | "names">,
): string {
  return `RabbitMQ at ${where} cannot be reached (${why}): check that it runs and that ` +
    `${names.hostAndPort} names the right place`;
}

function loginMessage({ where, names, address: { user, host } }: About): string {
  const isFar = user === "guest" && !/^(localhost|127\..*|\[?::1\]?)$/.test(host);
  return `RabbitMQ at ${where} refused the login of user ${user}: check the user and password ` +
    `of ${names.login}` +
    (isFar ? "; RabbitMQ lets guest log in from its own host only" : "");
}

function vhostMessage({ where, names, address: { vhost, user } }: About): string {
  return `RabbitMQ at ${where} refuses user ${user} access to the virtual host ${vhost}: check ` +
    `that it exists (rabbitmqctl list_vhosts), that the path of ${names.vhost} names ` +
    `it, that it is up and takes more connections, and that the user may use it (rabbitmqctl ` +
    `set_permissions -p ${vhost} ${user} ".*" ".*" ".*")`;
}
