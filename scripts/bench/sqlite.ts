/**
 * The embedded broker by itself: publishes events of 300 bytes into a file in a temporary folder,
 * and then drains them.
 *
 *   deno run -A scripts/bench/sqlite.ts [--events 100000] [--prefetch 500]
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Broker } from "../../lib/engine/broker/broker.ts";
import { newEventProperties } from "../../lib/engine/broker/headers.ts";
import { openSqliteBroker } from "../../lib/engine/broker/sqlite/sqlite.ts";
import { eventText } from "./events.ts";
import { type Mark, mark } from "./marks.ts";

/** Options of the measurement. */
export interface SqliteBench {
  readonly events: number;
  readonly prefetch: number;
  /** The most publishes that wait for their confirmation. @default {1000} */
  readonly window?: number;
  /** Parent of the temporary folder. @default {the system's folder for temporary files} */
  readonly dir?: string;
}

/** The speed and the price of publishing or of draining. */
export interface SqliteRate {
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
}

/** The queue of all measurements. */
export const QUEUE = "bench";
const WARM_UP = 5000;

/** Publishes and drains in this process, after a warm-up that is not measured. */
export async function benchSqlite(
  { events, prefetch, window = 1000, dir }: SqliteBench,
): Promise<{ readonly publish: SqliteRate; readonly drain: SqliteRate }> {
  const stateDir = await Deno.makeTempDir({ prefix: "pq-bench-", ...(dir ? { dir } : {}) });
  try {
    await using broker = await openSqliteBroker({ stateDir });
    await broker.declare(QUEUE);
    await publishAll(broker, WARM_UP, window);
    await drainAll(broker, WARM_UP, prefetch);
    const publish = await measure(events, () => publishAll(broker, events, window));
    const drain = await measure(events, () => drainAll(broker, events, prefetch));
    return { publish, drain };
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
}

async function measure(events: number, run: () => Promise<void>): Promise<SqliteRate> {
  const from = mark(0);
  await run();
  return rate(from, mark(events));
}

function rate(from: Mark, to: Mark): SqliteRate {
  return {
    eventsPerSecond: to.count / ((to.at - from.at) / 1000),
    cpuMicros: (to.cpuMicros - from.cpuMicros) / to.count,
  };
}

/** Publishes, so many at once. */
export async function publishAll(broker: Broker, count: number, window: number): Promise<void> {
  for (let i = 0; i < count; i += window) {
    const publishes = Array.from(
      { length: Math.min(window, count - i) },
      (_, k) => broker.publish(QUEUE, eventText(i + k), newEventProperties()),
    );
    await Promise.all(publishes);
  }
}

/** Settles each event in the microtask after it came, as a worker does that has nothing to do. */
export async function drainAll(broker: Broker, count: number, prefetch: number): Promise<void> {
  const drained = Promise.withResolvers<void>();
  let done = 0;
  const subscription = broker.subscribe(QUEUE, {
    onDelivery: (delivery) =>
      queueMicrotask(() => {
        void subscription.settle(delivery, { kind: "done" });
        if (++done === count) drained.resolve();
      }),
    onLost: () => {},
  });
  await subscription.resume(prefetch);
  await drained.promise;
  await subscription.close();
}

/** A broker in which a number of events wait, until it is disposed of. */
export class WaitingBench implements AsyncDisposable {
  readonly #broker: Broker & AsyncDisposable;
  readonly #dir: string;

  private constructor(broker: Broker & AsyncDisposable, dir: string) {
    this.#broker = broker;
    this.#dir = dir;
  }

  /** Publishes the events that wait. */
  static async open(waiting: number): Promise<WaitingBench> {
    const stateDir = await Deno.makeTempDir({ prefix: "pq-bench-" });
    const broker = await openSqliteBroker({ stateDir });
    await broker.declare(QUEUE);
    await publishAll(broker, waiting, 1000);
    return new WaitingBench(broker, stateDir);
  }

  /** Publishes and drains so many. @returns µs of CPU for each. */
  async costOf(events: number): Promise<number> {
    const { cpuMicros } = await measure(events, async () => {
      await publishAll(this.#broker, events, 1000);
      await drainAll(this.#broker, events, 500);
    });
    return cpuMicros;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker[Symbol.asyncDispose]();
    await Deno.remove(this.#dir, { recursive: true });
  }
}

/** A line that the comparison of two checkouts reads, see `parseRates`. */
export function sqliteRow(name: string, { eventsPerSecond, cpuMicros }: SqliteRate): string {
  return `${name.padEnd(16)} ${eventsPerSecond.toFixed(0).padStart(7)} events/s ` +
    `${cpuMicros.toFixed(1).padStart(6)} µs CPU/event`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      events: { type: "string", default: "100000" },
      prefetch: { type: "string", default: "500" },
    },
  });
  const setting = { events: Number(values.events), prefetch: Number(values.prefetch) };
  const { publish, drain } = await benchSqlite(setting);
  console.log(sqliteRow("sqlite publish", publish));
  console.log(sqliteRow("sqlite drain", drain));
}
