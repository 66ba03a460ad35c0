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

interface About {
  readonly address: Address;
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
const TLS_ADVICE: readonly (readonly [words: RegExp, advice: string])[] = [
  [
    /Certificate_?Required/i,
    "the broker wants a certificate of this program: name it and its key with AMQP_CERT_FILE and " +
    "AMQP_KEY_FILE",
  ],
  [
    /alert:? ?(UnknownCA|BadCertificate|UnsupportedCertificate|CertificateRevoked|CertificateExpired|CertificateUnknown|AccessDenied)/i,
    "the broker refuses the certificate of AMQP_CERT_FILE: use one of an authority that the " +
    "broker trusts (ssl_options.cacertfile in rabbitmq.conf)",
  ],
  [
    /HandshakeFailure|peer is incompatible|ProtocolVersion/i,
    "the two have no version or cipher of TLS in common, or the broker wants a certificate of this " +
    "program (AMQP_CERT_FILE and AMQP_KEY_FILE)",
  ],
  [
    /ALTNAME|NotValidForName/i,
    "use a host name or address that the broker's certificate has",
  ],
  [
    /UNABLE_TO_|UnknownIssuer|SELF_SIGNED/i,
    "name the authority that signed the broker's certificate with AMQP_CA_FILE",
  ],
  [/corrupt message|InvalidContentType|WRONG_VERSION/i, "check that the port is the one for TLS"],
];

const ANY_TLS_ADVICE = "name the authority that signed the broker's certificate with " +
  "AMQP_CA_FILE, use the host name that the certificate has, and check that the port is the one " +
  "for TLS";

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
    message: ({ where, why }) =>
      `RabbitMQ at ${where} cannot be reached (${why}): no address of that name is known; check the ` +
      `host of AMQP_URL (or RABBITMQ_HOST), and this host's name servers`,
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
 */
export function explainFailures(failures: readonly ConnectFailure[]): BrokerError {
  const errors = failures.map(({ cause, address }) => explainConnect(cause, address));
  const final = errors.find(({ kind }) => FINAL.has(kind));
  const [first, second] = errors;
  if (first && (final || !second)) return final ?? first;
  const where = alternatives(failures.map(({ address }) => whereOf(address)).toSorted());
  const reasons = new Set(failures.map(({ cause }) => firstLine(textOf(cause))));
  const why = [...reasons].toSorted().join("; ");
  return new BrokerError("unreachable", unreachableMessage({ where, why }), { cause: first });
}

/** Explains why no connection could be made. @param now ms since 1970. @default {Date.now()} */
export function explainConnect(
  error: unknown,
  address: Address,
  now: number = Date.now(),
): BrokerError {
  const text = textOf(error);
  const about = { address, where: whereOf(address), why: firstLine(text) };
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

function tlsMessage(error: unknown, { where, why }: About, now: number): string {
  const certificates = error instanceof TlsFailure ? error.certificates : [];
  const advice = outOfDate(certificates, now) ??
    TLS_ADVICE.find(([words]) => words.test(why))?.[1] ?? ANY_TLS_ADVICE;
  return `The TLS connection to ${where} could not be made (${why}): ${advice}`;
}

function unreachableMessage({ where, why }: Pick<About, "where" | "why">): string {
  return `RabbitMQ at ${where} cannot be reached (${why}): check that it runs and that ` +
    `AMQP_URL (or RABBITMQ_HOST and RABBITMQ_PORT) names the right place`;
}

function loginMessage({ where, address: { user, host } }: About): string {
  const isFar = user === "guest" && !/^(localhost|127\..*|\[?::1\]?)$/.test(host);
  return `RabbitMQ at ${where} refused the login of user ${user}: check the user and password ` +
    `of AMQP_URL (or RABBITMQ_USERNAME and RABBITMQ_PASSWORD)` +
    (isFar ? "; RabbitMQ lets guest log in from its own host only" : "");
}

function vhostMessage({ where, address: { vhost, user } }: About): string {
  return `RabbitMQ at ${where} refuses user ${user} access to the virtual host ${vhost}: check ` +
    `that it exists (rabbitmqctl list_vhosts), that the path of AMQP_URL or RABBITMQ_VHOST names ` +
    `it, that it is up and takes more connections, and that the user may use it (rabbitmqctl ` +
    `set_permissions -p ${vhost} ${user} ".*" ".*" ".*")`;
}
