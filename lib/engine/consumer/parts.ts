/**
 * Puts the parts of a consumer together.
 *
 * @module
 */

import type { Broker, Subscription } from "../broker/broker.ts";
import type {
  Executor,
  ExecutorListener,
  OnHung,
  WorkerDescription,
} from "../executor/executor.ts";
import type { AcceptLimits } from "./accept.ts";
import { Arrivals } from "./arrivals.ts";
import { WallClock } from "./clock.ts";
import { Endings } from "./ending/ending.ts";
import type { Entry } from "./entry.ts";
import type { ConsumerEnd } from "./hung.ts";
import { Intaker } from "./intaker.ts";
import { PrefetchControl } from "./prefetch_control.ts";
import { Redelivered } from "./redelivered.ts";
import { Suspects } from "./suspects/suspects.ts";
import type { IsolationTurns } from "./suspects/turns.ts";
import { DeliveryWindow, type WindowLimits, type WindowOptions } from "./window.ts";

/** What a consumer needs. */
export interface ConsumerOptions<E extends Executor<Entry> = Executor<Entry>>
  extends WindowOptions {
  readonly broker: Broker;
  /**
   * Makes the executor, which reports to the given listener. One whose handlers end only with this
   * process calls `onHung` for those that hang: the process must end then.
   */
  readonly createExecutor: (listener: ExecutorListener<Entry>, onHung: OnHung<Entry>) => E;
  readonly limits: AcceptLimits & WindowLimits;
  /** Where the journal is kept. */
  readonly stateDir: string;
  /** The turns of all queues of this process to run suspects alone. */
  readonly turns: IsolationTurns;
  /** Called once when the consumer has taken `maxEvents`, or can no longer go on by itself. */
  readonly onEnd: (why: ConsumerEnd) => void;
}

/** What a consumer consists of, as far as it uses it itself. */
export interface ConsumerParts {
  readonly suspects: Suspects;
  readonly subscription: Subscription;
  readonly window: DeliveryWindow;
  readonly endings: Endings;
  readonly clock: WallClock;
}

/** What the parts tell the consumer. */
export interface ConsumerHooks {
  /** Entries have arrived that may run now. */
  readonly onArrival: (entries: readonly Entry[]) => void;
  /** All deliveries that are not settled are lost. */
  readonly onLost: () => void;
}

/**
 * Makes the parts of a consumer.
 *
 * @throws {Error} When the journal cannot be kept.
 */
export function makeParts(
  options: ConsumerOptions,
  executor: Executor<Entry>,
  { onArrival, onLost }: ConsumerHooks,
): ConsumerParts {
  const { broker, queue, report, limits, onEnd } = options;
  const { description } = executor;
  const clock = new WallClock();
  const arrivals = new Arrivals(onArrival);
  const suspects = new Suspects({
    ...options,
    unnamed: runsOneByOne(description) ? description.prefetch : undefined,
    run: (entry) => arrivals.add(entry),
  });
  const subscription = broker.subscribe(queue, {
    onDelivery: (delivery) => intaker.take(delivery),
    onLost,
  });
  const isCareful = suspects.afterUncleanEnd;
  const prefetch = new PrefetchControl(description, limits.windowSeconds, isCareful);
  const window = new DeliveryWindow(options, subscription, prefetch);
  const redelivered = new Redelivered(!runsOneByOne(description), () => [
    ...executor.running().map(({ job }) => job),
    ...endings.copying(),
  ]);
  const common = { subscription, window, suspects, redelivered, clock };
  const onFinished = () => onEnd("max-events");
  const { retries } = description;
  const endings: Endings = new Endings({ ...common, queue, report, retries, onFinished });
  const intaker = new Intaker({ ...common, limits, arrivals, endings });
  return { suspects, subscription, window, endings, clock };
}

function runsOneByOne({ concurrency, batch }: WorkerDescription): boolean {
  return concurrency === 1 && batch === undefined;
}
