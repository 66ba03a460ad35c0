/**
 * The queues of this process, together.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { type Activity, getActiveWorkerQueues } from "../../engine/registry.ts";
import type { WorkerEnd } from "../../engine/supervisor/queue_runner.ts";
import { logLine } from "../../log/log.ts";
import { within } from "../../system/deadline.ts";
import { isInTime } from "./in_time.ts";
import type { QueueRun } from "./queue_run.ts";

/** How long the line that counts threads waits for those that load, in ms. */
const LAUNCH_MS = 30_000;

const NONE_LEFT =
  "No queue is left for --all: every worker is for tests, not enabled, lacks a setting that it " +
  "requires, or is not for this database. process-queue check-config lists them";

/** Why a queue made the process end. */
export type QueueEnd = Exclude<WorkerEnd, "stopped" | "inactive">;

/** Starts and stops queues. */
export class Queues {
  #all: readonly QueueRun[];

  /** @param queues All of them; a queue that turns out to be inactive leaves. */
  constructor(queues: readonly QueueRun[]) {
    this.#all = queues;
  }

  /** The queues that are run, or may be. */
  get all(): readonly QueueRun[] {
    return this.#all;
  }

  /** Resolves when each is consumed, or its worker could not be started at first. */
  get ready(): Promise<unknown> {
    return Promise.all(this.#all.map((queue) => queue.ready));
  }

  /** How many deliveries are not settled yet. */
  get inFlight(): number {
    return this.#sum((queue) => queue.figures.inFlight);
  }

  /** How many events run now. */
  get runningCount(): number {
    return this.#sum((queue) => queue.figures.running().length);
  }

  /** How many are parked. */
  get parkedCount(): number {
    return this.#all.filter((queue) => queue.figures.isParked).length;
  }

  /** Whether there may be events here, or in a queue, that a drain does not wait for. */
  get holdsEvents(): boolean {
    return this.#all.some(({ figures, paused }) =>
      figures.isParked || figures.unstored > 0 || paused !== undefined
    );
  }

  /**
   * The queues that were never consumed so far.
   *
   * @param drain All of them. Else only those whose worker has failed to start, as its `setup`
   * throws: others may just be starting.
   */
  missed(drain: boolean): readonly string[] {
    return this.#all.filter(({ figures }) => !figures.wasConsumed)
      .filter((queue) => drain || isFailing(queue)).map(({ queue }) => queue);
  }

  /** Logs that no queue is left, where none is. @returns Whether none is left. */
  logNoneLeft(): boolean {
    if (this.#all.length > 0) return false;
    logLine("error", NONE_LEFT, {}, {});
    return true;
  }

  /** Whether a handler still runs that ends only with the process. */
  get isLeft(): boolean {
    return this.#all.some((queue) => queue.figures.isLeft);
  }

  /** How many events came to an end. */
  total(what: "processed" | "retried" | "failed"): number {
    return this.#sum((queue) => queue.figures.totals[what]);
  }

  /**
   * Sets every worker up and lets it consume.
   *
   * @param onEnd Called when a worker ends by itself, except as inactive: such a queue leaves.
   * @param onLeave Called when a queue has left.
   * @returns Rejects with what a queue throws at its start.
   */
  start(broker: Broker, onEnd: (end: QueueEnd) => void, onLeave: () => void): Promise<never> {
    const refused = Promise.withResolvers<never>();
    for (const queue of this.#all) {
      queue.start(broker).then((end) => {
        if (end === "inactive") this.#leave(queue, onLeave);
        else if (end !== "stopped") onEnd(end);
      }).catch(refused.reject);
    }
    return refused.promise;
  }

  /** Drains all. @param graceMs How long what runs may go on before it is aborted. */
  async stop(graceMs: number): Promise<void> {
    await Promise.allSettled(this.#all.map((queue) => queue.stop(graceMs)));
  }

  /** Does what is due, a few times a second. @param now `performance.now()` */
  sweep(now: number): void {
    for (const queue of this.#all) queue.sweep(now);
  }

  /** Writes the statistics, and what is left of failed events. */
  async flush(): Promise<void> {
    await Promise.all(this.#all.map(({ monitor }) => monitor.flush()));
  }

  /** Reports whether every event runs within its limit. @param now `performance.now()` */
  isWell(now: number): boolean {
    return this.#all.every((queue) => isInTime(queue.figures, now));
  }

  /**
   * Logs Zulip's lines for threads that are started, each when its worker is known to be active. Their
   * number leaves out those whose `setup` throws.
   */
  async logLaunches(config: Config): Promise<void> {
    let count = 0;
    const ask = async (queue: QueueRun): Promise<boolean> => {
      if (await within(LAUNCH_MS, queue.launched) !== true) return false;
      // A line says why a worker does not start.
      if (isFailing(queue)) return false;
      queue.monitor.log("info", `launching queue worker thread ${queue.queue}`);
      await within(LAUNCH_MS, queue.ready);
      if (!isFailing(queue)) count++;
      return true;
    };
    await getActiveWorkerQueues({
      config,
      ask: async ({ name }): Promise<Activity> => {
        const shards = this.#all.filter(({ worker }) => worker === name);
        const areActive = await Promise.all(shards.map(ask));
        return areActive.includes(true) ? "active" : "disabled";
      },
    });
    logLine("info", "{count} queue worker threads were launched", { count }, {});
  }

  #leave(queue: QueueRun, onLeave: () => void): void {
    this.#all = this.#all.filter((other) => other !== queue);
    onLeave();
  }

  #sum(count: (queue: QueueRun) => number): number {
    return this.#all.reduce((sum, queue) => sum + count(queue), 0);
  }
}

/** Whether its worker cannot be started or kept running, for now. */
function isFailing({ state }: QueueRun): boolean {
  return state === "restarting" || state === "parked";
}

/** Logs queues that were never consumed. */
export function logNeverConsumed(queues: readonly string[]): void {
  for (const queue of queues) {
    logLine("error", "Queue {queue} was not consumed: its worker did not start", {}, { queue });
  }
}
