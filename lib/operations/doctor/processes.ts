/**
 * What is found about the processes of this host.
 *
 * @module
 */

import { counted } from "../../errors/counted.ts";
import type { ProcessSnapshot } from "../../monitoring/snapshot.ts";
import { fine, type Found, warning, wrong } from "./finding.ts";

/** What is known of the processes of this host. */
export interface ProcessFacts {
  /** The version of the program that asks. */
  readonly version: string;
  /** Those that have answered. */
  readonly answered: readonly ProcessSnapshot[];
  /** Those that have not, and why, as the end of the sentence "it …". */
  readonly silent: readonly { readonly pid: number; readonly problem: string }[];
  /** The queues that `--all` runs. */
  readonly active: readonly string[];
}

/** Judges processes. */
export function processesFound(facts: ProcessFacts): Found[] {
  const { answered, silent } = facts;
  if (answered.length + silent.length === 0) {
    return [warning("no process of this host runs queues", { fix: "process-queue --all" })];
  }
  const found = [
    ...silent.map(({ pid, problem }) =>
      wrong(`process ${pid} does not answer: ${problem}`, {
        fix: `if it still runs: kill ${pid}, and start it again; else: process-queue doctor --fix`,
      })
    ),
    ...zombies(facts),
    ...versions(facts),
    ...sharedStatistics(facts),
    ...leftOut(facts),
  ];
  const all = counted(answered.length, "process", "processes");
  return found.length > 0 ? found : [fine(`${all} of version ${facts.version}`)];
}

function zombies({ answered }: ProcessFacts): Found[] {
  return answered.filter(({ zombie_threads }) => zombie_threads > 0).map((one) =>
    warning(
      `process ${one.pid} has ${
        counted(one.zombie_threads, "thread")
      } that cannot be ended, and keep their memory`,
      { fix: `kill -USR1 ${one.pid}, which restarts it` },
    )
  );
}

function versions({ answered, version }: ProcessFacts): Found[] {
  return answered.filter((one) => one.version !== version).map((one) =>
    warning(`process ${one.pid} runs version ${one.version}, and this is ${version}`, {
      fix: `kill -USR1 ${one.pid}, which restarts it`,
    })
  );
}

/** Two processes that write one file of statistics: each replaces what the other says. */
function sharedStatistics({ answered }: ProcessFacts): Found[] {
  const pids = new Map<string, number[]>();
  for (const { pid, queues } of answered) {
    for (const { queue } of queues) pids.set(queue, [...pids.get(queue) ?? [], pid]);
  }
  return [...pids].filter(([, all]) => all.length > 1).map(([queue, all]) =>
    warning(
      `${queue} runs in ${all.length} processes (${
        all.join(", ")
      }), and its file of statistics says what the last of them wrote`,
      { queue, fix: "give each a QUEUE_STATS_DIR of its own" },
    )
  );
}

/** Where others run, a queue that runs nowhere may be forgotten. */
function leftOut({ answered, active }: ProcessFacts): Found[] {
  if (answered.length === 0) return [];
  const running = new Set(answered.flatMap(({ queues }) => queues.map(({ queue }) => queue)));
  const names = active.filter((queue) => !running.has(queue));
  if (names.length === 0) return [];
  return [warning(`queues that no process of this host runs: ${names.join(", ")}`, {
    fix: `process-queue --multi_threaded ${names.join(" ")}`,
  })];
}
