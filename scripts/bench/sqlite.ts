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

const QUEUE = "bench";
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

async function publishAll(broker: Broker, count: number, window: number): Promise<void> {
  for (let i = 0; i < count; i += window) {
    const publishes = Array.from(
      { length: Math.min(window, count - i) },
      (_, k) => broker.publish(QUEUE, eventText(i + k), newEventProperties()),
    );
    await Promise.all(publishes);
  }
}

/** Settles each event in the microtask after it came, as a worker does that has nothing to do. */
async function drainAll(broker: Broker, count: number, prefetch: number): Promise<void> {
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

/** A line that the comparison of two checkouts reads, see `parseRates`. */
function row(name: string, { eventsPerSecond, cpuMicros }: SqliteRate): string {
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
  console.log(row("sqlite publish", publish));
  console.log(row("sqlite drain", drain));
}
