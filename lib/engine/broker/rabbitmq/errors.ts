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

/** Host and port. */
export function whereOf({ host, port }: Address): string {
  return `${host}:${port}`;
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

/** A queue that exists, in a cluster whose node is down: the words of RabbitMQ 3 and of 4. */
const UNAVAILABLE =
  /is down or inaccessible|failed to perform operation on .* due to timeout|is stopped by supervisor|has crashed and failed to restart/;

/** RabbitMQ's words for an event that was not acknowledged in time. */
const ACK_TIMEOUT = /delivery acknowledgement on channel/;

/** Refusals that pass, by the broker's words or amqplib's, whatever their code. */
const PASSING: readonly (readonly [words: RegExp, (queue: string, why: string) => string])[] = [
  [
    /in exclusive use/,
    (queue, why) =>
      `Queue ${queue} is consumed by another program that lets no other consume it (${why}): it is ` +
      `tried again; stop that program (rabbitmqctl list_consumers), or its exclusive use`,
  ],
  [
    ACK_TIMEOUT,
    (queue, why) =>
      `The broker closed the channel of queue ${queue} because an event was not acknowledged in ` +
      `time (${why}): see consumer_timeout in rabbitmq.conf`,
  ],
  [
    UNAVAILABLE,
    (queue, why) =>
      `Queue ${queue} exists but cannot be used now (${why}): start the node that has it; ` +
      `only a quorum queue outlives the loss of a node (see QUEUE_TYPE)`,
  ],
  [
    /No channels left|channel_max/,
    (queue, why) =>
      `Queue ${queue} cannot be used now, as the connection has no channel left (${why}): raise ` +
      `channel_max in rabbitmq.conf, or run fewer queues in one process`,
  ],
  [
    /EMFILE|ENFILE|too many open files/i,
    (queue, why) =>
      `Queue ${queue} cannot be used now, as there are too many open files (${why}): raise the limit ` +
      `(ulimit -n, or LimitNOFILE= of the unit)`,
  ],
];

/** Refusals with the code 406 that the queue's arguments have no part in, and what to do. */
const LIMITS: readonly (readonly [words: RegExp, advice: string])[] = [
  [/queue limit/, "raise it with rabbitmqctl set_vhost_limits, or delete queues"],
  [/message size/, "raise max_message_size in rabbitmq.conf, or publish smaller events"],
];

function permissionMessage(text: string, queue: string, { vhost, user }: Address): string {
  const exchange = /to exchange '([^']+)'/.exec(text)?.[1];
  const names = [...exchange === undefined ? [] : [exchange], queue, `${queue}.retry.*`];
  return `User ${user} may not use queue ${queue} (${reason(text)}): grant configure, write and ` +
    `read with rabbitmqctl set_permissions -p ${vhost} ${user} ".*" ".*" ".*", or narrower ` +
    `patterns that match ${names.join(", ")} and ${queue}.failed`;
}

/** Explains why a queue could not be declared, consumed or published to. */
export function explainChannel(error: unknown, queue: string, address: Address): BrokerError {
  if (error instanceof BrokerError) return error;
  const text = textOf(error);
  const code = (error as { code?: unknown } | null)?.code;
  const say = (kind: BrokerErrorKind, message: string) =>
    new BrokerError(kind, message, { cause: error });
  const passing = PASSING.find(([words]) => words.test(text));
  if (passing) return say("unreachable", passing[1](queue, reason(text)));
  if (code === 403 || /ACCESS_REFUSED/.test(text)) {
    return say("permission", permissionMessage(text, queue, address));
  }
  if (
    code === 406 || code === 405 || code === 540 || /PRECONDITION_FAILED|RESOURCE_LOCKED/.test(text)
  ) {
    return say("topology", topologyMessage(text, queue));
  }
  if (code === 404 || /NOT_FOUND/.test(text)) {
    return unroutableError(queue, error);
  }
  return say("unreachable", `Queue ${queue} cannot be used now (${firstLine(text)})`);
}

function topologyMessage(text: string, queue: string): string {
  const why = reason(text);
  const limit = LIMITS.find(([words]) => words.test(why));
  if (limit) return `Queue ${queue} cannot be used (${why}): ${limit[1]}`;
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

/** Whether the broker closed a channel because an event was not acknowledged in time. */
export function isAckTimeout(error: unknown): boolean {
  return ACK_TIMEOUT.test(textOf(error));
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
  return UNAVAILABLE.test(textOf(error));
}

/** The broker's own words, without the text that amqplib adds. */
function reason(text: string): string {
  return /message "(.*)"/s.exec(text)?.[1] ?? firstLine(text);
}

/** The beginning of an error's text. */
export function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.slice(0, 300) ?? "";
}

/** An error's message, its code where the message does not have it, and its cause's message. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const parts = [error.message || error.name];
  if (typeof code === "string" && !error.message.includes(code)) parts.push(code);
  if (cause instanceof Error) parts.push(cause.message);
  return parts.filter((part) => part !== "").join(" ");
}
