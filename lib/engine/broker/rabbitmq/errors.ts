/**
 * The errors of RabbitMQ, each with what to do about it.
 *
 * @module
 */

import { BrokerError, type BrokerErrorKind, unroutableError } from "../broker.ts";

/** The broker's address, without the password. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly vhost: string;
  readonly user: string;
  readonly tls: boolean;
}

/** The parts of an AMQP URL that error messages name. */
export function addressOf(url: string): Address {
  const { hostname, port, protocol, pathname, username } = new URL(url);
  const tls = protocol === "amqps:";
  return {
    host: hostname,
    port: Number(port) || (tls ? 5671 : 5672),
    vhost: decodeURIComponent(pathname.slice(1)) || "/",
    user: decodeURIComponent(username) || "guest",
    tls,
  };
}

/** Error kinds that the next attempt may not have. */
export const MAY_PASS: ReadonlySet<BrokerErrorKind> = new Set(["unreachable", "unroutable"]);

/** Error kinds that no further attempt cures: at the start they end the process at once. */
export const FINAL: ReadonlySet<BrokerErrorKind> = new Set([
  "login",
  "vhost",
  "tls",
  "permission",
  "topology",
]);

/** Words of TLS errors: Deno's, and Node's codes. */
const TLS_FAILURE =
  /certificate|UnknownIssuer|NotValidForName|CERT_|SELF_SIGNED|UNABLE_TO_|ERR_TLS|HandshakeFailure|corrupt message|InvalidContentType|peer is incompatible|fatal alert/i;

/** The broker refuses a virtual host by closing the connection; amqplib hides the reason. */
const VHOST_REFUSAL = /NOT_ALLOWED|Expected ConnectionOpenOk; got <ConnectionClose/;

/** Explains why no connection could be made. */
export function explainConnect(error: unknown, address: Address): BrokerError {
  const text = textOf(error);
  const where = `${address.host}:${address.port}`;
  const say = (kind: BrokerErrorKind, message: string) =>
    new BrokerError(kind, message, { cause: error });
  if (/ACCESS_REFUSED|\b403 \(/.test(text)) {
    return say(
      "login",
      `RabbitMQ at ${where} refused the login of user ${address.user}: check the user and password ` +
        `of AMQP_URL (or RABBITMQ_USERNAME and RABBITMQ_PASSWORD)`,
    );
  }
  if (VHOST_REFUSAL.test(text)) return say("vhost", vhostMessage(where, address));
  if (TLS_FAILURE.test(text)) {
    return say(
      "tls",
      `The TLS connection to ${where} could not be made (${firstLine(text)}): name the ` +
        `authority that signed the broker's certificate with AMQP_CA_FILE, use the host name ` +
        `that the certificate has, and check that the port is the one for TLS`,
    );
  }
  return say(
    "unreachable",
    `RabbitMQ at ${where} cannot be reached (${firstLine(text)}): check that it runs and that ` +
      `AMQP_URL (or RABBITMQ_HOST and RABBITMQ_PORT) names the right place`,
  );
}

function vhostMessage(where: string, { vhost, user }: Address): string {
  return `RabbitMQ at ${where} refuses user ${user} access to the virtual host ${vhost}: check ` +
    `that it exists (rabbitmqctl list_vhosts), that the path of AMQP_URL or RABBITMQ_VHOST names ` +
    `it, that it is up and takes more connections, and that the user may use it (rabbitmqctl ` +
    `set_permissions -p ${vhost} ${user} ".*" ".*" ".*")`;
}

/** Explains why a queue could not be declared, consumed or published to. */
export function explainChannel(error: unknown, queue: string, address: Address): BrokerError {
  if (error instanceof BrokerError) return error;
  const text = textOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  const say = (kind: BrokerErrorKind, message: string) =>
    new BrokerError(kind, message, { cause: error });
  if (code === 403 || /ACCESS_REFUSED/.test(text)) {
    return say(
      "permission",
      `User ${address.user} may not use queue ${queue} (${reason(text)}): grant configure, ` +
        `write and read with rabbitmqctl set_permissions -p ${address.vhost} ${address.user} ` +
        `".*" ".*" ".*", or narrower patterns that match ${queue}, ${queue}.retry.* and ` +
        `${queue}.failed`,
    );
  }
  if (/delivery acknowledgement on channel/.test(text)) {
    return say(
      "unreachable",
      `The broker closed the channel of queue ${queue} because an event was not acknowledged in ` +
        `time (${reason(text)}): see consumer_timeout in rabbitmq.conf`,
    );
  }
  if (
    code === 406 || code === 405 || code === 540 || /PRECONDITION_FAILED|RESOURCE_LOCKED/.test(text)
  ) {
    return say("topology", topologyMessage(text, queue));
  }
  if (isUnavailable(error)) {
    return say(
      "unreachable",
      `Queue ${queue} exists but cannot be used now (${
        reason(text)
      }): start the node that has it; ` +
        `only a quorum queue outlives the loss of a node (see QUEUE_TYPE)`,
    );
  }
  if (code === 404 || /NOT_FOUND/.test(text)) {
    return unroutableError(queue, error);
  }
  return say("unreachable", `Queue ${queue} cannot be used now (${firstLine(text)})`);
}

function topologyMessage(text: string, queue: string): string {
  const why = reason(text);
  if (/inequivalent/.test(why)) {
    return `Queue ${queue} exists with other arguments (${why}): when it is empty, ` +
      `delete it with rabbitmqctl delete_queue ${queue}, and it is declared again when it is needed`;
  }
  if (/RESOURCE_LOCKED/.test(why)) {
    return `Queue ${queue} is exclusive to another connection (${why}): stop that program, or ` +
      `give the queue another name`;
  }
  return `Queue ${queue} cannot be used (${why}): see rabbitmqctl list_queues name ` +
    `type arguments, and give it another name or delete it`;
}

/** Explains that events cannot wait for a retry, for which they need quorum queues. */
export function quorumRefused(flag: string, where: string, cause: unknown): BrokerError {
  return new BrokerError(
    "topology",
    `RabbitMQ at ${where} refuses quorum queues with at-least-once dead-lettering, in which ` +
      `events wait for their retry: switch them on with rabbitmqctl enable_feature_flag ${flag} ` +
      `(${reason(textOf(cause))})`,
    { cause },
  );
}

/** Whether the broker said that the feature flag of a kind of queue is off. */
export function isFlagDisabled(error: unknown): boolean {
  return /feature flag is disabled/.test(textOf(error));
}

/**
 * Whether the broker said that a queue exists although it answered 404: in a cluster, the node of a
 * classic queue is down.
 */
export function isUnavailable(error: unknown): boolean {
  return /is down or inaccessible|is stopped by supervisor|has crashed and failed to restart/
    .test(textOf(error));
}

/** The broker's own words, without the text that amqplib adds. */
function reason(text: string): string {
  return /message "(.*)"/s.exec(text)?.[1] ?? firstLine(text);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 300) ?? "";
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const parts = [error.message || error.name, typeof code === "string" ? code : ""];
  if (cause instanceof Error) parts.push(cause.message);
  return parts.filter((part) => part !== "").join(" ");
}
