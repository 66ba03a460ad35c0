/**
 * How fast queues are drained, and at what cost.
 *
 * @module
 */

import { EVENT_BYTES } from "./events.ts";
import type { Mark } from "./marks.ts";
import { Consumer, deleteQueues, type Kind, run } from "./program.ts";
import { median } from "./ratios.ts";

/** The queues to drain, and the consumer. */
export interface DrainOptions {
  readonly url: string;
  readonly type: "classic" | "quorum";
  /** Events of all queues, without those of the warm-up. */
  readonly events: number;
  readonly queues: number;
  readonly prefetch: number;
  /** Bytes of a body. @default {300} */
  readonly bytes?: number;
  /** Events that still wait when all are measured. @default {0} */
  readonly waiting?: number;
  /** Root of the checkout whose program drains. @default {this checkout} */
  readonly checkout?: string;
}

/** The result of one process, or the medians of several. */
export interface Drained {
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
  readonly peakRssMb: number;
}

/** The most events that are not measured, as the code is still being compiled. */
const WARM_UP = 20_000;

/** Fills the queues and has one process drain them. */
export async function drain(kind: Kind, options: DrainOptions): Promise<Drained> {
  const { url, type, events, prefetch, checkout, bytes = EVENT_BYTES, waiting = 0 } = options;
  const queues = Array.from({ length: options.queues }, (_, index) => `bench${index}`);
  const from = Math.ceil(Math.min(WARM_UP, events) / queues.length);
  const to = from + Math.ceil(events / queues.length);
  for (const queue of queues) await run("fill.ts", url, queue, type, `${to + waiting}`, `${bytes}`);
  const marks = [from, to];
  const consumer = await Consumer.start({
    url,
    kind,
    queues,
    prefetch,
    worker: "counting",
    marks,
    ...(checkout === undefined ? {} : { checkout }),
  });
  try {
    return drained(await consumer.read<Mark>(2 * queues.length), (to - from) * queues.length);
  } finally {
    await consumer[Symbol.asyncDispose]();
    await deleteQueues(url, queues);
  }
}

/** Measures from the first mark of any queue to the last of all. */
function drained(marks: readonly Mark[], events: number): Drained {
  const [first, last] = [marks[0], marks.at(-1)] as [Mark, Mark];
  return {
    eventsPerSecond: events / ((last.at - first.at) / 1000),
    cpuMicros: (last.cpuMicros - first.cpuMicros) / events,
    peakRssMb: Math.max(...marks.map((mark) => mark.peakRssBytes)) / 1e6,
  };
}

/** Drains in turns, in an order that changes. @returns Medians, which it prints as well. */
export async function compare(
  kinds: readonly Kind[],
  rounds: number,
  options: DrainOptions,
): Promise<Record<string, Drained>> {
  const results = new Map<Kind, Drained[]>(kinds.map((kind) => [kind, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? kinds : kinds.toReversed();
    for (const kind of order) results.get(kind)?.push(await drain(kind, options));
  }
  const all = [...results].map(([kind, each]) => [kind, medians(each)] as const);
  const name = `${options.type}${options.queues > 1 ? ` ${options.queues} queues` : ""}`;
  for (const [kind, result] of all) printRow(`${name} ${kind}`, result);
  return Object.fromEntries(all);
}

function medians(results: readonly Drained[]): Drained {
  return {
    eventsPerSecond: median(results.map((result) => result.eventsPerSecond)),
    cpuMicros: median(results.map((result) => result.cpuMicros)),
    peakRssMb: median(results.map((result) => result.peakRssMb)),
  };
}

function printRow(name: string, { eventsPerSecond, cpuMicros, peakRssMb }: Drained): void {
  console.log(
    name.padEnd(26),
    `${eventsPerSecond.toFixed(0).padStart(7)} events/s`,
    `${cpuMicros.toFixed(1).padStart(6)} µs CPU/event`,
    `${peakRssMb.toFixed(0).padStart(5)} MB peak RSS`,
  );
}
