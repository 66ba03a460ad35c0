/**
 * How the cost of an event and the memory grow: with the number of queues, with the size of bodies,
 * and with the number of events that wait.
 *
 * @module
 */

import { drain, type Drained, type DrainOptions } from "./drain.ts";
import { type Growth, growthSentence, type Point } from "./growth_sentence.ts";

/** The most bytes that one measurement publishes. */
const MOST_BYTES = 400e6;
const PREFETCH = 100;
const QUEUES = [1, 4, 16, 64];
const BYTES = [100, 1000, 10_000, 100_000];
const WAITING = [1000, 10_000, 100_000, 1_000_000];

/** One thing that grows, and what may grow with it. */
interface Series {
  readonly unit: string;
  readonly sizes: readonly number[];
  readonly options: (size: number, events: number) => Partial<DrainOptions>;
  readonly cpu: Growth;
  readonly memory: Growth;
}

const SERIES: readonly Series[] = [
  {
    unit: "queues",
    sizes: QUEUES,
    options: (queues) => ({ queues }),
    cpu: "constant",
    memory: "linear",
  },
  {
    unit: "bytes",
    sizes: BYTES,
    options: (bytes, events) => ({
      bytes,
      events: Math.min(events, Math.floor(MOST_BYTES / 2 / bytes)),
    }),
    cpu: "linear",
    memory: "linear",
  },
  {
    unit: "waiting",
    sizes: WAITING,
    options: (waiting) => ({ waiting }),
    cpu: "constant",
    memory: "constant",
  },
];

/** Measures and prints the rows, and a sentence for each figure that grows faster than it should. */
export async function benchGrowth(
  url: string,
  { events }: { readonly events: number },
): Promise<void> {
  for (const series of SERIES) {
    const points: { size: number; drained: Drained }[] = [];
    for (const size of series.sizes) {
      const options = { ...common(url, events), ...series.options(size, events) };
      const drained = await drain("thread", options);
      print(size, series.unit, drained);
      points.push({ size, drained });
    }
    const of = (figure: "cpuMicros" | "peakRssMb"): Point[] =>
      points.map(({ size, drained }) => ({ size, figure: drained[figure] }));
    const { unit } = series;
    say(growthSentence({ unit, what: "µs of CPU for an event" }, of("cpuMicros"), series.cpu));
    say(growthSentence({ unit, what: "MB of memory" }, of("peakRssMb"), series.memory));
  }
}

function common(url: string, events: number): DrainOptions {
  return { url, type: "classic", events, queues: 1, prefetch: PREFETCH };
}

function print(size: number, unit: string, { eventsPerSecond, cpuMicros, peakRssMb }: Drained) {
  console.log(
    `growth, ${unit} ${size}:`.padEnd(26),
    `${eventsPerSecond.toFixed(0).padStart(7)} events/s`,
    `${cpuMicros.toFixed(1).padStart(6)} µs CPU/event`,
    `${peakRssMb.toFixed(0).padStart(5)} MB peak RSS`,
  );
}

function say(sentence: string | undefined): void {
  if (sentence !== undefined) console.info(sentence);
}
