/**
 * What is found about queues at the broker, and how they run.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import { grouped } from "../../command_line/terminal/humanize.ts";
import { STATUS, type Status } from "../judge.ts";
import type { QueueReport } from "../queue_report.ts";
import { type FindingLevel, fine, type Found, warning, wrong } from "./finding.ts";

const LEVEL: Readonly<Record<Status, FindingLevel>> = {
  [STATUS.ok]: "ok",
  [STATUS.warning]: "warning",
  [STATUS.critical]: "error",
  [STATUS.unknown]: "error",
};

/** What `check` says of queues, as findings; those that are ok, and not known, are counted. */
export function judgedFound(reports: readonly QueueReport[]): Found[] {
  // The broker has said nothing of these.
  const unknown = reports.filter(({ ready }) => ready === null);
  const bad = reports.filter(({ status, ready }) => status !== STATUS.ok && ready !== null);
  const count = reports.length - bad.length - unknown.length;
  const [first] = unknown;
  return [
    ...(first
      ? [wrong(`nothing is known of ${counted(unknown.length, "queue")}: ${first.reason}`)]
      : []),
    ...bad.map(({ queue, status, state, reason, advice }): Found => ({
      level: LEVEL[status],
      message: reason === "" ? state : `${state}: ${reason}`,
      queue,
      ...(advice === "" ? {} : { fix: advice }),
    })),
    ...(count === 0 ? [] : [fine(`${counted(count, "queue")} ok`)]),
  ];
}

/** A connection to RabbitMQ. */
export interface ConnectionFacts {
  /** The addresses of AMQP_URL. */
  readonly urls: readonly URL[];
  /** RabbitMQ's version; `null`: not known. */
  readonly version: string | null;
}

/** The oldest version that is supported. */
const OLDEST = [3, 10] as const;
/** From this version on, dead letters are not kept in memory. */
const ON_DISK = [3, 12] as const;
/** With more dead letters than these their memory matters, in an older version. */
const MANY_FAILED = 100_000;
/** The name of this host, in an address. */
const LOCAL = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Judges how the broker is reached. */
export function connectionFound({ urls, version }: ConnectionFacts): Found[] {
  const open = urls.filter(({ protocol, hostname }) =>
    protocol === "amqp:" && !LOCAL.test(hostname)
  );
  const silent = urls.some(({ searchParams }) => searchParams.get("heartbeat") === "0");
  return [
    ...(version === null ? [] : [fine(`RabbitMQ ${version}`)]),
    ...(isOlder(version, OLDEST)
      ? [wrong(`RabbitMQ ${version} is older than 3.10`, { fix: "upgrade RabbitMQ" })]
      : []),
    ...open.map(({ hostname }) =>
      warning(`the connection to ${hostname} is not encrypted`, {
        fix: "set AMQP_URL to amqps://, or use a network that nobody else reads",
      })
    ),
    ...(silent
      ? [warning("heartbeat=0 in AMQP_URL: a connection that breaks may not be noticed", {
        fix: "take heartbeat=0 out of AMQP_URL",
      })]
      : []),
  ];
}

/** Dead letters at the broker. */
export interface DeadLetterFacts {
  readonly queue: string;
  readonly failed: number | null;
}

/** Judges the memory that dead letters take, in a version that keeps them there. */
export function deadLettersFound(
  queues: readonly DeadLetterFacts[],
  version: string | null,
): Found[] {
  if (!isOlder(version, ON_DISK)) return [];
  return queues.filter(({ failed }) => (failed ?? 0) > MANY_FAILED).map(({ queue, failed }) =>
    warning(
      `${grouped(failed)} dead letters, which RabbitMQ ${version} keeps in memory`,
      {
        queue,
        fix: "rabbitmqctl set_policy --apply-to queues failed-lazy '\\.failed$' " +
          '\'{"queue-mode":"lazy"}\'',
      },
    )
  );
}

/** A queue of shards that no setting names. */
export interface ShardFacts {
  readonly queue: string;
  /** The queue of which it is, or was, a shard or the whole. */
  readonly of: string;
  readonly shards: number;
  /** The setting of their number. */
  readonly setting: string;
  readonly ready: number;
  readonly consumers: number;
}

/** Judges queues that were consumed with another number of shards. */
export function shardsFound(facts: readonly ShardFacts[]): Found[] {
  return facts.filter(({ ready, consumers }) => ready > 0 && consumers === 0).map((one) =>
    wrong(
      `${counted(one.ready, "event")} in ${one.queue}, which nobody consumes, as ${one.of} has ${
        counted(one.shards, "shard")
      }`,
      { queue: one.of, fix: `set ${one.setting} back until ${one.queue} is empty` },
    )
  );
}

function isOlder(version: string | null, [major, minor]: readonly [number, number]): boolean {
  const [, a, b] = /^(\d+)\.(\d+)/.exec(version ?? "") ?? [];
  if (a === undefined || b === undefined) return false;
  return Number(a) < major || (Number(a) === major && Number(b) < minor);
}
