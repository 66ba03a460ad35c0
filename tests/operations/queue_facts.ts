import type { QueueFacts } from "../../lib/operations/judge.ts";

export const NOW = Date.parse("2026-01-04T12:00:00Z");

/** Facts of a queue that is idle and consumed by one process of this host. */
export function idleFacts(facts: Partial<QueueFacts> = {}): QueueFacts {
  return {
    queue: "mails",
    now: NOW,
    problem: null,
    blocked: null,
    ready: 0,
    failed: 0,
    retrying: 0,
    consumers: 1,
    pause: null,
    processes: 1,
    parked: 0,
    hasSource: true,
    wasConsumed: true,
    progressAt: NOW,
    oldestRun: null,
    meanRunSeconds: 0.1,
    recentRuns: 100,
    recentFailures: 0,
    failedAt: null,
    commonError: null,
    lastError: null,
    trend: null,
    ...facts,
  };
}

/** Some seconds before {@linkcode NOW}. */
export function ago(seconds: number): number {
  return NOW - seconds * 1000;
}
