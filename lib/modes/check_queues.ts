/**
 * The queues that `check-config` finds: where their workers are, and whether they load.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { queueKey } from "../config/queue_key.ts";
import { areNotSet, IN_ZULIPS } from "../engine/host/required.ts";
import { shardName } from "../engine/host/shards.ts";
import { counted } from "../errors/counted.ts";
import { mayLoad } from "./folders.ts";
import type { KnownQueue, Services, WorkerTrial } from "./services.ts";

/** A queue, as `check-config` found it. */
export interface QueueCheck {
  readonly name: string;
  /** The file of its worker. */
  readonly file: string;
  readonly shards: number;
  /** Whether `--all` runs it, as far as that is known. */
  readonly isActive: boolean;
  /** The settings that its worker requires. */
  readonly requires: readonly string[];
  /** Those of them that are not set: the queue does not start. */
  readonly missing: readonly string[];
  /** How long its events may be here; left out where it did not load. */
  readonly limits?: WorkerTrial["limits"];
  readonly ok: boolean;
  /** What there is to say about the worker; the problem where it is not ok. */
  readonly message: string;
}

/**
 * Loads each worker in a thread of its own, as `run` does, and does not set it up. A worker in a
 * folder that others may write is not loaded, as its code would run as this user.
 */
export async function checkQueues(
  config: Config,
  known: readonly KnownQueue[],
  services: Pick<Services, "tryWorker">,
): Promise<QueueCheck[]> {
  const checks: QueueCheck[] = [];
  for (const queue of known) {
    const shards = config.shards.get(queueKey(queue.name)) ?? 1;
    checks.push({ ...queue, shards, ...await checkWorker(config, queue, services) });
  }
  return checks;
}

async function checkWorker(
  config: Config,
  queue: KnownQueue,
  services: Pick<Services, "tryWorker">,
): Promise<Omit<QueueCheck, keyof KnownQueue | "shards">> {
  if (!mayLoad(config, queue.file)) {
    const message = "not loaded, as others may write its folder";
    return { ok: true, isActive: true, requires: [], missing: [], message };
  }
  const trial = await services.tryWorker(queue, config);
  const { problem, isActive, requires, missing, limits } = trial;
  const required = { requires, missing, ...limits && { limits } };
  if (problem !== undefined) return { ok: false, isActive, ...required, message: problem };
  const lack = missing.length > 0 ? areNotSet(missing) : trial.isMisplaced ? IN_ZULIPS : undefined;
  const message = lack === undefined ? "" : `does not start: ${lack}`;
  const notes = [isActive ? "" : "not run by --all", message].filter(Boolean).join(", ");
  return { ok: true, isActive: isActive && message === "", ...required, message: notes };
}

/** The names under which a queue is at the broker: those of its shards, where it has any. */
export function consumedNames({ name, shards }: Pick<QueueCheck, "name" | "shards">): string[] {
  if (shards <= 1) return [name];
  return Array.from({ length: shards }, (_, index) => shardName(name, index + 1));
}

/** The queues, a line each. */
export function queueLines(checks: readonly QueueCheck[]): string {
  const lines = checks.map(({ name, file, shards, ok, message }) => {
    if (!ok) return `  ${name}: ${message}`;
    const notes = [shards > 1 ? counted(shards, "shard") : "", message].filter(Boolean);
    return `  ${[`${name}: ${file}`, ...notes].join(", ")}`;
  });
  return [`${counted(checks.length, "queue")} found`, ...lines].join("\n");
}
