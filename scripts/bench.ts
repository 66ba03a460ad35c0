/**
 * The engine beside bare amqplib: both drain the same kind of events from the same broker, turn
 * by turn in one run, each in a process of its own. Rates depend on the machine; the ratios count.
 *
 *   deno task bench [--events 100000] [--rounds 5] [--prefetch 100]
 *
 * The prefetch is the engine's default unless it is given.
 */

import { parseArgs } from "node:util";
import { DEFAULT_PREFETCH } from "../lib/engine/host/describe.ts";
import { compare, type Drained, type DrainOptions } from "./bench/drain.ts";
import { latency } from "./bench/latency.ts";
import type { Mark } from "./bench/marks.ts";
import { Consumer, deleteQueues, median, run } from "./bench/program.ts";
import { sentry } from "./bench/sentry.ts";
import { threads } from "./bench/threads.ts";
import { startRabbitmq } from "./rabbitmq.ts";

/** Classic queues, in the main thread beside bare amqplib: the least rate and the most CPU. */
const INLINE = { rate: 0.9, cpu: 1.5 } as const;
/** The same for a thread beside the main thread. */
const THREAD = { rate: 0.85, cpu: 1.9 } as const;
const FIRST_EVENT_RUNS = 5;
const FIRST_EVENT_MS = 300;

if (import.meta.main) Deno.exit(await bench());

async function bench(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      events: { type: "string", default: "100000" },
      rounds: { type: "string", default: "5" },
      prefetch: { type: "string", default: String(DEFAULT_PREFETCH) },
    },
  });
  const [events, rounds, prefetch] = [values.events, values.rounds, values.prefetch].map(
    Number,
  ) as [number, number, number];
  await using broker = await startRabbitmq();
  const { url } = broker;
  const options: DrainOptions = { url, type: "classic", events, queues: 1, prefetch };
  console.log(
    `${rounds} rounds of ${events} events of 300 bytes, prefetch ${prefetch}; medians`,
  );
  const classic = await compare(["bare", "inline", "thread"], rounds, options);
  const inline = judge("inline beside bare", INLINE, classic["inline"], classic["bare"]);
  const thread = judge("thread beside inline", THREAD, classic["thread"], classic["inline"]);
  const quorum = await compare(["bare", "inline", "thread"], 1, { ...options, type: "quorum" });
  judge("quorum inline beside bare", undefined, quorum["inline"], quorum["bare"]);
  for (const queues of [4, 16]) await compare(["thread"], 1, { ...options, queues });
  const cheap = await threads(url);
  await latency(url);
  await run("fill.ts", url, "bench0", "classic", String(events), "timed");
  await deleteQueues(url, ["bench0"]);
  await run("sqlite.ts", "--events", String(events), "--prefetch", String(prefetch));
  const unsampled = await sentry();
  const first = await firstEvent(url);
  const isFast = first < FIRST_EVENT_MS;
  console.log(`first event after ${first.toFixed(0)} ms (under ${FIRST_EVENT_MS})`);
  const isGood = inline && thread && cheap && unsampled && isFast;
  console.log(isGood ? "good" : "NOT GOOD ENOUGH: see above");
  return isGood ? 0 : 1;
}

/** Prints how one compares with the other. @returns Whether it is within its bounds. */
function judge(
  name: string,
  bounds: { readonly rate: number; readonly cpu: number } | undefined,
  one: Drained | undefined,
  other: Drained | undefined,
): boolean {
  if (!one || !other) return false;
  const rate = one.eventsPerSecond / other.eventsPerSecond;
  const cpu = one.cpuMicros / other.cpuMicros;
  const isGood = !bounds || (rate >= bounds.rate && cpu <= bounds.cpu);
  const limits = bounds ? ` (at least ${bounds.rate}, at most ${bounds.cpu})` : "";
  console.log(
    `${name}: rate ${rate.toFixed(2)}, CPU ${cpu.toFixed(2)}${limits}`,
    isGood ? "" : "NOT GOOD ENOUGH",
  );
  return isGood;
}

/** From starting the program to its first event, in ms; the broker is up and an event waits. */
async function firstEvent(url: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < FIRST_EVENT_RUNS; i++) {
    await run("fill.ts", url, "bench0", "classic", "1");
    const consumer = await Consumer.start({
      url,
      kind: "inline",
      queues: ["bench0"],
      prefetch: DEFAULT_PREFETCH,
      worker: "counting",
      marks: [1],
    });
    const [first] = await consumer.read<Mark>(1);
    times.push((first?.at ?? Infinity) - consumer.startedAt);
    await consumer[Symbol.asyncDispose]();
    await deleteQueues(url, ["bench0"]);
  }
  return median(times);
}
