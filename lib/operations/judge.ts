/**
 * The one judgement on a queue: facts in, a state with a reason and an advice out. `queues`, `check`
 * and the control doors all use it.
 *
 * @module
 */

import { duration, grouped } from "../command_line/terminal/humanize.ts";
import { counted, nounFor } from "../errors/counted.ts";
import type { QueueDemands } from "./thresholds.ts";
import type { PauseRecord } from "../monitoring/snapshot.ts";

/** The status of a check, with Nagios's numbers. */
export const STATUS = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
/** The status of a check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
export type Status = typeof STATUS[keyof typeof STATUS];

/** The states of a queue. */
export type JudgedState =
  | "unknown"
  | "blocked"
  | "paused"
  | "parked"
  | "stuck"
  | "no consumer"
  | "too few"
  | "behind"
  | "failing"
  | "old failures"
  | "ok";

/** What is known of a queue. Times are ms since 1970, durations seconds, unknown is `null`. */
export interface QueueFacts {
  readonly queue: string;
  readonly now: number;
  /** Why the broker says nothing about the queue; `null` where it does. */
  readonly problem: string | null;
  /** The broker's alarm, and since when; `null`: none. */
  readonly blocked: { readonly reason: string; readonly since: number | null } | null;
  /** Events that are ready. */
  readonly ready: number;
  /** Dead letters. */
  readonly failed: number | null;
  /** Events that wait for a retry. */
  readonly retrying: number | null;
  /** Consumers on all hosts. */
  readonly consumers: number | null;
  /** An operator's pause, where nobody consumes the queue. */
  readonly pause: PauseRecord | null;
  /** How many processes have the queue, and in how many it is parked. */
  readonly processes: number;
  readonly parked: number;
  /** Whether somebody says how the queue runs: a process, or a file of statistics. */
  readonly hasSource: boolean;
  /** Whether the queue was ever consumed, as far as is known. */
  readonly wasConsumed: boolean;
  /** When an event was last finished; where none was yet, since when the queue is consumed. */
  readonly progressAt: number | null;
  /** The event that has run longest. */
  readonly oldestRun: { readonly id: string; readonly seconds: number } | null;
  /** The average time of a run. */
  readonly meanRunSeconds: number | null;
  /** The last runs of all processes, and how many of them failed. */
  readonly recentRuns: number;
  readonly recentFailures: number;
  /** When the last dead letter was made. */
  readonly failedAt: number | null;
  /** The commonest error, as `Name: message`. */
  readonly commonError: string | null;
  /** The last error, as `Name: message`. */
  readonly lastError: string | null;
  /** Whether the number of waiting events grows or shrinks. */
  readonly trend: "grows" | "shrinks" | null;
}

/** How a queue is judged. */
export interface JudgeOptions extends QueueDemands {
  /** From how many old dead letters on is there a warning; `null`: never. */
  readonly failedLimit: number | null;
}

/** The judgement. */
export interface Judgement {
  readonly state: JudgedState;
  readonly status: Status;
  /** What is the matter; `""` where nothing is. */
  readonly reason: string;
  /** What to do about it; `""` where there is nothing to do. */
  readonly advice: string;
}

/** Without progress for so long a queue is stuck, in seconds; Zulip's number. */
const STUCK_SECONDS = 180;
/** So many events may wait without anybody being alerted; Zulip's number. */
const FEW = 10;
const PAUSE_SECONDS = 3600;
const NEW_FAILURE_SECONDS = 600;
const FAILING_SHARE = 0.05;
/** Fewer runs than these say nothing about the share that fails. */
const LEAST_RUNS = 20;

type Rule = (facts: QueueFacts, options: JudgeOptions) => Judgement | undefined;

/** The first that applies decides. */
const RULES: readonly Rule[] = [
  unknown,
  blocked,
  paused,
  parked,
  stuck,
  noConsumer,
  tooFew,
  behind,
  failing,
  oldFailures,
];

/** Judges a queue. */
export function judge(facts: QueueFacts, options: JudgeOptions): Judgement {
  for (const rule of RULES) {
    const judgement = rule(facts, options);
    if (judgement) return judgement;
  }
  return { state: "ok", status: STATUS.ok, reason: "", advice: "" };
}

/** Seconds until the backlog is cleared, were one consumer to run it; `null`: not known. */
export function clearSeconds({ ready, meanRunSeconds }: QueueFacts): number | null {
  return meanRunSeconds === null ? null : ready * meanRunSeconds;
}

function unknown({ problem, ready, consumers, hasSource }: QueueFacts): Judgement | undefined {
  const state = "unknown";
  const status = STATUS.unknown;
  if (problem !== null) return { state, status, reason: problem, advice: "" };
  if (hasSource || ready <= FEW || !consumers) return undefined;
  const who = consumers === 1
    ? "its consumer does not say"
    : `none of its ${counted(consumers, "consumer")} says`;
  const reason = `${
    grouped(ready)
  } wait, and ${who} how it runs: no process of this host has the queue`;
  return { state, status, reason, advice: "run this on the host of its worker" };
}

function blocked({ blocked, now }: QueueFacts): Judgement | undefined {
  if (!blocked) return undefined;
  const { reason, since } = blocked;
  const time = since === null ? "" : `, for ${duration(secondsSince(since, now))}`;
  return {
    state: "blocked",
    status: STATUS.critical,
    reason: `the broker takes no publishes: ${reason}${time}`,
    advice: "see rabbitmqctl status",
  };
}

function paused({ queue, pause, now }: QueueFacts): Judgement | undefined {
  if (!pause) return undefined;
  const seconds = secondsSince(Date.parse(pause.at), now);
  const until = pause.until === null
    ? ""
    : `, until ${pause.until.slice(0, 16).replace("T", " ")}Z`;
  const why = pause.reason === null ? "" : `: ${pause.reason}`;
  return {
    state: "paused",
    status: seconds >= PAUSE_SECONDS ? STATUS.warning : STATUS.ok,
    reason: `by ${pause.by} ${duration(seconds)} ago${until}${why}`,
    advice: `process-queue resume ${queue}`,
  };
}

function parked({ queue, processes, parked, lastError }: QueueFacts): Judgement | undefined {
  if (processes === 0 || parked < processes) return undefined;
  return {
    state: "parked",
    status: STATUS.critical,
    reason: `its worker failed too often${lastError === null ? "" : `: ${lastError}`}`,
    advice: `it is tried again by itself; process-queue restart ${queue}`,
  };
}

function stuck(facts: QueueFacts): Judgement | undefined {
  const { queue, now, progressAt, ready, consumers, processes, oldestRun } = facts;
  const isConsumed = processes > facts.parked || (consumers ?? 0) > 0;
  if (progressAt === null || ready <= FEW || !isConsumed) return undefined;
  const seconds = secondsSince(progressAt, now);
  if (seconds <= STUCK_SECONDS) return undefined;
  const runs = oldestRun
    ? `; ${oldestRun.id} runs for ${duration(oldestRun.seconds)}`
    : "; nothing runs";
  return {
    state: "stuck",
    status: STATUS.critical,
    reason: `nothing finished for ${duration(seconds)}, ${grouped(ready)} wait${runs}`,
    advice: `process-queue restart ${queue}`,
  };
}

function noConsumer(
  { queue, ready, consumers, wasConsumed }: QueueFacts,
): Judgement | undefined {
  if (ready === 0 || consumers !== 0) return undefined;
  const isMinor = !wasConsumed && ready < FEW;
  return {
    state: "no consumer",
    status: isMinor ? STATUS.warning : STATUS.critical,
    reason: `${grouped(ready)} ${ready === 1 ? "waits" : "wait"} and nobody consumes`,
    advice: `start a worker: process-queue --queue_name ${queue}`,
  };
}

function tooFew(
  { consumers }: QueueFacts,
  { consumers: wanted }: JudgeOptions,
): Judgement | undefined {
  if (wanted === null || consumers === null || consumers >= wanted) return undefined;
  return {
    state: "too few",
    status: STATUS.critical,
    reason: `has ${consumers} of the ${counted(wanted, "consumer")} that it needs`,
    advice: "start the workers that are missing",
  };
}

function behind(facts: QueueFacts, { thresholds }: JudgeOptions): Judgement | undefined {
  const seconds = clearSeconds(facts);
  if (seconds === null || seconds <= thresholds.warning) return undefined;
  const isCritical = seconds > thresholds.critical;
  const limit = isCritical ? thresholds.critical : thresholds.warning;
  const trend = facts.trend === null ? "" : `, and it ${facts.trend}`;
  return {
    state: "behind",
    status: isCritical ? STATUS.critical : STATUS.warning,
    reason: `clearing takes ${duration(seconds)} (limit ${duration(limit)})${trend}`,
    advice: "start another worker, or look at why runs take long",
  };
}

function failing(facts: QueueFacts): Judgement | undefined {
  const { queue, now, recentRuns, recentFailures, failed, retrying, failedAt } = facts;
  // Where nothing is left of the failures, somebody has repaired them, or they were no more than retries.
  if (failed === 0 && retrying === 0) return undefined;
  const isNew = failedAt !== null && failed !== 0 &&
    secondsSince(failedAt, now) <= NEW_FAILURE_SECONDS;
  const share = recentRuns < LEAST_RUNS ? 0 : recentFailures / recentRuns;
  if (!isNew && share <= FAILING_SHARE) return undefined;
  const [what, error] = share > FAILING_SHARE
    ? [`${recentFailures} of the last ${recentRuns} runs failed`, facts.commonError]
    : [
      `the last dead letter came ${duration(secondsSince(failedAt ?? now, now))} ago`,
      facts.lastError,
    ];
  return {
    state: "failing",
    status: STATUS.warning,
    reason: `${what}${error === null ? "" : `: ${error}`}`,
    advice: `process-queue failed groups ${queue}`,
  };
}

function oldFailures(
  { queue, failed }: QueueFacts,
  { failedLimit }: JudgeOptions,
): Judgement | undefined {
  if (!failed) return undefined;
  return {
    state: "old failures",
    status: failedLimit !== null && failed >= failedLimit ? STATUS.warning : STATUS.ok,
    reason: `${grouped(failed)} dead ${nounFor(failed, "letter")}, none of them new`,
    advice: `process-queue failed list ${queue}`,
  };
}

function secondsSince(at: number, now: number): number {
  return Math.max(0, (now - at) / 1000);
}
