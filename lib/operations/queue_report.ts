/**
 * What is said of a queue: by the commands `queues` and `check`, and on the control doors.
 *
 * @module
 */

import type { PauseRecord, ProcessSnapshot } from "../monitoring/snapshot.ts";
import type { QueueLook } from "./broker_look.ts";
import { clearSeconds, judge, type JudgedState, type JudgeOptions, type Status } from "./judge.ts";
import { factsOf, snapshotsOf, type Sources } from "./merge.ts";

/** A queue in the words of its JSON. Durations are seconds, unknown is `null`. */
export interface QueueReport {
  readonly queue: string;
  readonly ready: number | null;
  readonly unacked: number | null;
  readonly retrying: number | null;
  readonly failed: number | null;
  /** Whether somebody has taken the dead letters to repair them; their number is not known then. */
  readonly failed_is_being_repaired: boolean;
  readonly consumers: number | null;
  /** Events a second that end. */
  readonly rate: number | null;
  /** Runs a second that fail. */
  readonly failure_rate: number | null;
  readonly wait_p50: number | null;
  readonly wait_p99: number | null;
  readonly run_p50: number | null;
  readonly run_p99: number | null;
  readonly oldest_seconds: number | null;
  /** Whether the age was found by counting arrivals. */
  readonly oldest_is_estimate: boolean;
  /** How long one consumer needs for what waits. */
  readonly clear_seconds: number | null;
  readonly status: Status;
  readonly state: JudgedState;
  readonly reason: string;
  readonly advice: string;
  /** An operator's pause, where nobody consumes the queue. */
  readonly paused: PauseRecord | null;
  /** The ids of the processes of this host that have it. */
  readonly processes: readonly string[];
  /** What was asked: `broker`, `processes`, `statistics`. */
  readonly sources: readonly string[];
}

/** What only whoever looks again and again knows. */
export interface Observed {
  readonly rate: number | null;
  readonly failureRate: number | null;
  readonly oldestSeconds: number | null;
}

/** Reports on a queue. */
export function reportOn(
  sources: Sources,
  options: JudgeOptions,
  observed: Observed = { rate: null, failureRate: null, oldestSeconds: null },
): QueueReport {
  const { queue, look, processes, statistics } = sources;
  const facts = factsOf(sources);
  const all = snapshotsOf(queue, processes);
  const oldest = look.oldestSeconds ?? observed.oldestSeconds;
  return {
    queue,
    ready: look.problem === null ? look.ready : null,
    unacked: unackedOf(look, processes, queue),
    retrying: look.retrying,
    failed: look.failed,
    failed_is_being_repaired: look.isBeingRepaired,
    consumers: look.consumers,
    rate: observed.rate,
    failure_rate: observed.failureRate,
    wait_p50: most(all.map(({ wait_seconds }) => wait_seconds.p50)),
    wait_p99: most(all.map(({ wait_seconds }) => wait_seconds.p99)),
    run_p50: most(all.map(({ run_seconds }) => run_seconds.p50)),
    run_p99: most(all.map(({ run_seconds }) => run_seconds.p99)),
    oldest_seconds: oldest,
    oldest_is_estimate: oldest !== null && look.oldestSeconds === null,
    clear_seconds: look.problem === null ? clearSeconds(facts) : null,
    ...judge(facts, options),
    paused: facts.pause,
    processes: processes.filter(({ queues }) => queues.some((one) => one.queue === queue))
      .map(({ id }) => id),
    sources: [
      ...(look.problem === null ? ["broker"] : []),
      ...(all.length > 0 ? ["processes"] : []),
      ...(all.length === 0 && statistics ? ["statistics"] : []),
    ],
  };
}

/** Whether all consumers of a queue are known processes. */
export function knowsAllConsumers(
  { consumers }: QueueLook,
  processes: readonly ProcessSnapshot[],
  queue: string,
): boolean {
  const own = snapshotsOf(queue, processes).filter(({ state }) => state === "consuming").length;
  return consumers !== null && consumers <= own;
}

function unackedOf(look: QueueLook, processes: readonly ProcessSnapshot[], queue: string) {
  if (!knowsAllConsumers(look, processes, queue)) return null;
  return snapshotsOf(queue, processes).reduce((sum, { in_flight }) => sum + in_flight, 0);
}

function most(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((number) => number !== null);
  return known.length === 0 ? null : Math.max(...known);
}
