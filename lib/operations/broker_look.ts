/**
 * How full queues are, as the broker says. Looking changes nothing.
 *
 * @module
 */

import type { Broker, Depth } from "../engine/broker/broker.ts";
import { HEADER, PUBLISHED_MS } from "../engine/broker/headers.ts";
import { failedQueueName, LADDER, retryQueueName } from "../engine/settle/retry.ts";
import { errorData } from "../errors/error_data.ts";
import { mapInSlots } from "../system/slots.ts";

/** What the broker said about a queue. */
export interface QueueLook {
  /** Why it said nothing; `null` where it did. */
  readonly problem: string | null;
  /** Whether there is such a queue. */
  readonly exists: boolean;
  /** Events that are ready. */
  readonly ready: number;
  /** Consumers on all hosts; `null`: not known. */
  readonly consumers: number | null;
  /** Events that wait for a retry; `null`: not known. */
  readonly retrying: number | null;
  /** The same for each step of the retries that has some; `null`: only the sum is known. */
  readonly retrySteps: readonly RetryStep[] | null;
  /** Dead letters; `null`: not known. */
  readonly failed: number | null;
  /** Whether somebody has taken the dead letters to list, retry or drop them. */
  readonly isBeingRepaired: boolean;
  /** How long the oldest event has waited, in seconds; `null`: not known. */
  readonly oldestSeconds: number | null;
}

/** Events that wait for the same delay. */
export interface RetryStep {
  /** The delay. */
  readonly seconds: number;
  readonly count: number;
}

/** How a broker is looked at. */
export interface BrokerLooksOptions {
  readonly broker: Pick<Broker, "depth" | "waiting" | "peek" | "isLocked">;
  /** Whether it is the embedded broker, which counts the events that wait itself. */
  readonly isEmbedded: boolean;
  /** The time in ms, on a clock that only runs forward. @default {performance.now} */
  readonly clock?: () => number;
}

/** How long a step of the retries that has no queue is not asked for again, in ms. */
const ABSENT_MS = 60_000;

/** How many queues are looked at at once. Each takes some channels, of which a connection has few. */
export const LOOKS_AT_ONCE = 16;

/** Looks at queues, each on channels of its own. */
export class BrokerLooks {
  readonly #options: BrokerLooksOptions;
  /** Until when queues of retries that were not there are not asked for. */
  readonly #absent = new Map<string, number>();

  /** @param options The broker. */
  constructor(options: BrokerLooksOptions) {
    this.#options = options;
  }

  /** Looks at queues. Never rejects: what the broker refuses is the look's problem. */
  async all(queues: Iterable<string>): Promise<ReadonlyMap<string, QueueLook>> {
    const looks = await mapInSlots(LOOKS_AT_ONCE, [...new Set(queues)], async (queue) => {
      return [queue, await this.look(queue)] as const;
    });
    return new Map(looks);
  }

  /** Looks at a queue. Never rejects. */
  async look(queue: string): Promise<QueueLook> {
    const { broker } = this.#options;
    try {
      const [depth, failed, retrying] = await Promise.all([
        broker.depth(queue),
        broker.depth(failedQueueName(queue)),
        this.#retrying(queue),
      ]);
      return await this.#seen(queue, depth, failed, retrying);
    } catch (error) {
      return noLook(errorData(error).message);
    }
  }

  async #seen(
    queue: string,
    depth: Depth | undefined,
    failed: Depth | undefined,
    { retrying, retrySteps }: Pick<QueueLook, "retrying" | "retrySteps">,
  ): Promise<QueueLook> {
    const isBeingRepaired = failed !== undefined && await this.#isRepaired(queue, failed);
    return {
      problem: null,
      exists: depth !== undefined,
      ready: depth?.ready ?? 0,
      consumers: depth?.consumers ?? 0,
      retrying,
      retrySteps,
      failed: isBeingRepaired ? null : failed?.ready ?? 0,
      isBeingRepaired,
      oldestSeconds: depth?.ready ? await this.#oldestSeconds(queue) : null,
    };
  }

  /**
   * A command that repairs dead letters has their lock. Where it may make none, it is still their only
   * consumer.
   */
  async #isRepaired(queue: string, { consumers }: Depth): Promise<boolean> {
    return consumers > 0 || await this.#options.broker.isLocked?.(failedQueueName(queue)) === true;
  }

  async #retrying(queue: string): Promise<Pick<QueueLook, "retrying" | "retrySteps">> {
    const { broker, isEmbedded, clock = () => performance.now() } = this.#options;
    if (isEmbedded) return { retrying: await broker.waiting(queue), retrySteps: null };
    const now = clock();
    const steps = LADDER.map((seconds) => ({ seconds, name: retryQueueName(queue, seconds) }))
      .filter(({ name }) => (this.#absent.get(name) ?? 0) <= now);
    const retrySteps = await Promise.all(steps.map(async ({ seconds, name }) => {
      const depth = await broker.depth(name);
      if (depth === undefined) this.#absent.set(name, now + ABSENT_MS);
      return { seconds, count: depth?.ready ?? 0 };
    }));
    const retrying = retrySteps.reduce((sum, { count }) => sum + count, 0);
    return { retrying, retrySteps: retrySteps.filter(({ count }) => count > 0) };
  }

  /** Only the embedded broker shows an event without taking it. */
  async #oldestSeconds(queue: string): Promise<number | null> {
    const { broker, isEmbedded } = this.#options;
    if (!isEmbedded) return null;
    const [head] = await broker.peek(queue, 1);
    const { headers = {} } = head?.properties ?? {};
    // An event that was put back waits since then.
    const times = [headers[PUBLISHED_MS], headers[HEADER.retriedAt]]
      .filter((at) => typeof at === "number" && Number.isFinite(at)) as number[];
    return times.length === 0 ? null : Math.max(0, (Date.now() - Math.max(...times)) / 1000);
  }
}

/** The look at a queue of which the broker says nothing. @param problem Why. */
export function noLook(problem: string): QueueLook {
  return {
    problem,
    exists: false,
    ready: 0,
    consumers: null,
    retrying: null,
    retrySteps: null,
    failed: null,
    isBeingRepaired: false,
    oldestSeconds: null,
  };
}
