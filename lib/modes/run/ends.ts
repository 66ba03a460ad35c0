/**
 * The reasons that end a run: signals, limits of time, an empty queue, errors nobody caught.
 *
 * @module
 */

import { type Broker, BrokerError } from "../../engine/broker/broker.ts";
import type { QueueFigures } from "../../engine/supervisor/queue_runner.ts";
import { EXIT } from "../../system/signals.ts";
import { onUncaught } from "../../system/uncaught.ts";
import type { QueueRun } from "./queue_run.ts";

/** Why a run ends. */
export type End =
  | "stop"
  | "restart"
  | "drained"
  | "max-events"
  | "max-seconds"
  /** A handler hangs that ends only with the process. */
  | "hung"
  /** All queues are parked. */
  | "parked"
  /** Something threw outside of any event. */
  | "failed"
  /** The broker cannot be used any more. */
  | "broker-failed";

/** The exit code of an end. */
export function exitCode(end: End): number {
  if (end === "failed" || end === "broker-failed") return EXIT.failed;
  const isRestart = end === "restart" || end === "hung" || end === "parked";
  return isRestart ? EXIT.restart : EXIT.stopped;
}

/** The longest time of a timer: a longer one would fire at once. */
const LONGEST_TIMER_SECONDS = 2_000_000;
/** How often a drain checks whether the queues are empty, in ms. They must be empty twice in a row. */
const DRAIN_CHECK_MS = 200;

/** A queue that a drain waits for. */
export type Drained = Pick<QueueRun, "queue"> & {
  readonly figures: Pick<QueueFigures, "inFlight" | "unstored" | "isParked">;
  /** An operator's pause, if there is one. */
  readonly paused?: unknown;
};

/** Waits for the first reason to end the run. */
export class Ends implements Disposable {
  readonly #first = Promise.withResolvers<End>();
  readonly #disposal = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Resolves to the first reason. */
  get first(): Promise<End> {
    return this.#first.promise;
  }

  /** Ends the run. */
  end(why: End): void {
    this.#first.resolve(why);
  }

  /** Ends the run after this time. */
  after(seconds: number): void {
    const now = Math.min(seconds, LONGEST_TIMER_SECONDS);
    this.#timer = setTimeout(() => {
      if (now < seconds) this.after(seconds - now);
      else this.end("max-seconds");
    }, now * 1000);
  }

  /** Ends the run at an unhandled error or rejection, which `onError` gets. */
  onUncaught(onError: (error: unknown) => void): void {
    onUncaught((error) => {
      onError(error);
      this.end("failed");
    }, this.#disposal.signal);
  }

  /**
   * Ends the run when all queues were empty twice in a row and nothing was in flight here. Does not
   * wait for parked queues and events in paused ones, nor for events whose copies could not be stored for 10 s.
   *
   * @throws {BrokerError} When this user may not read the depth of a queue.
   */
  async whenEmpty(broker: Broker, queues: () => readonly Drained[]): Promise<void> {
    for (let empty = 0; empty < 2;) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
      if (this.#disposal.signal.aborted) return;
      const all = await Promise.all(queues().map((queue) => isEmpty(broker, queue)));
      empty = all.every((isOne) => isOne) ? empty + 1 : 0;
    }
    this.end("drained");
  }

  /** Ignores all further reasons. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#disposal.abort();
  }
}

async function isEmpty(broker: Broker, queue: Drained): Promise<boolean> {
  if (queue.figures.isParked) return true;
  const { inFlight, unstored } = queue.figures;
  if (queue.paused !== undefined) return inFlight === unstored;
  const depth = await broker.depth(queue.queue).catch(unlessForbidden);
  return depth?.ready === 0 && inFlight === unstored;
}

/** A broker that is away comes back; a missing permission does not. */
function unlessForbidden(error: unknown): undefined {
  if (error instanceof BrokerError && error.kind === "permission") throw error;
}
