/**
 * Whether a process lives, is ready, and has started: pure functions of what is in memory.
 *
 * @module
 */

/** The probes. */
export const PROBES = ["live", "ready", "startup"] as const;
/** A probe, as Kubernetes names it. */
export type Probe = typeof PROBES[number];

/** One thing that keeps a process from being healthy. */
export interface Finding {
  /** `process`, `broker`, or the name of a queue. */
  readonly name: string;
  /** A few words, without the name. */
  readonly problem: string;
}

/** A queue, as probes see it. */
export interface QueueHealth {
  readonly queue: string;
  /** It is consumed, or its worker has failed its first start. */
  readonly hasStarted: boolean;
  readonly isParked: boolean;
  /** No handler has run for more than 5 s over its limit and its grace. */
  readonly isInTime: boolean;
}

/** What health follows from. */
export interface HealthFacts {
  /** How long ago the main thread last turned, in ms. */
  readonly sinceTurnMs: number;
  readonly isStopping: boolean;
  readonly isBrokerUp: boolean;
  readonly queues: readonly QueueHealth[];
}

/** How long the main thread may take for one turn, in ms. */
const TURN_MS = 5000;

/** What keeps a process from passing a probe; nothing where it passes. */
export function findings(probe: Probe, facts: HealthFacts): Finding[] {
  return { live: liveness, ready: readiness, startup }[probe](facts);
}

/** A broker that is unavailable, a parked queue and an idle one are alive. */
function liveness({ sinceTurnMs, queues }: HealthFacts): Finding[] {
  const late = queues.filter(({ isInTime }) => !isInTime)
    .map(({ queue }) => ({ name: queue, problem: "a handler is past its limit and its grace" }));
  if (sinceTurnMs < TURN_MS) return late;
  const seconds = Math.round(sinceTurnMs / 1000);
  return [{ name: "process", problem: `the main thread was busy for ${seconds} s` }, ...late];
}

/** A paused queue and an idle one are ready. */
function readiness(facts: HealthFacts): Finding[] {
  const parked = facts.queues.filter(({ isParked }) => isParked)
    .map(({ queue }) => ({ name: queue, problem: "parked" }));
  const all: (Finding | false)[] = [
    facts.isStopping && { name: "process", problem: "stopping" },
    !facts.isBrokerUp && { name: "broker", problem: "unavailable" },
  ];
  return [...all.filter((one) => one !== false), ...startup(facts), ...parked];
}

function startup({ queues }: HealthFacts): Finding[] {
  return queues.filter(({ hasStarted }) => !hasStarted)
    .map(({ queue }) => ({ name: queue, problem: "starting" }));
}
