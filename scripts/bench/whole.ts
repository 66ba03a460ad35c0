/**
 * Whole processes: from the start of the program to its end, with a number of events in between. The
 * events find the code as it was loaded: nothing is compiled or warm.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { endedChildrenCpuMicros } from "./marks.ts";
import { deleteQueues, ROOT, run } from "./program.ts";
import { median, type Rate } from "./ratios.ts";

/** What is run. */
export interface WholeRun {
  readonly url: string;
  /** One of the program's own queues; `bare` for amqplib alone. */
  readonly queue: string;
  readonly events: number;
  /** Further settings of the program. */
  readonly env?: Readonly<Record<string, string>>;
  /** Root of the checkout whose program runs. @default {this checkout} */
  readonly checkout?: string;
}

/** The queue of bare amqplib. */
export const BARE = "bare";
/** Events that bare amqplib may hold. */
const BARE_PREFETCH = "500";

/**
 * Fills a queue and has a new process drain it.
 *
 * @throws {Error} When the process fails; with the end of what it printed.
 */
export async function wholeProcess(options: WholeRun): Promise<Rate> {
  const { url, queue, events } = options;
  await run("fill.ts", url, queue, "classic", String(events));
  const folder = await Deno.makeTempDir({ prefix: "pq-bench-" });
  try {
    const [startedAt, cpuBefore] = [performance.now(), endedChildrenCpuMicros()];
    await drainBy(options, folder);
    return {
      perSecond: events / ((performance.now() - startedAt) / 1000),
      cpuMicros: (endedChildrenCpuMicros() - cpuBefore) / events,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
    await deleteQueues(url, [queue]);
  }
}

/** Runs whole processes in turns, in an order that changes. @returns The rounds of each queue. */
export async function wholeProcesses(
  runs: readonly WholeRun[],
  rounds: number,
): Promise<Record<string, Rate[]>> {
  const rates = Object.fromEntries(runs.map(({ queue }) => [queue, [] as Rate[]]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? runs : runs.toReversed();
    for (const each of order) rates[each.queue]?.push(await wholeProcess(each));
  }
  return rates;
}

/** The median of each figure. */
export function medianRate(rates: readonly Rate[]): Rate {
  return {
    perSecond: median(rates.map(({ perSecond }) => perSecond)),
    cpuMicros: median(rates.map(({ cpuMicros }) => cpuMicros)),
  };
}

async function drainBy(options: WholeRun, folder: string): Promise<void> {
  const { url, queue, env, checkout = ROOT } = options;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...argumentsOf(options)],
    cwd: checkout,
    env: { AMQP_URL: url, STATE_DIR: folder, QUEUE_STATS_DIR: folder, ...env },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new Error(`${queue} failed: ${Buffer.from(stderr).toString().slice(-1000)}`);
}

function argumentsOf({ url, queue, events }: WholeRun): string[] {
  return queue === BARE
    ? ["scripts/bench/bare.ts", url, queue, BARE_PREFETCH, String(events)]
    : ["main.ts", "--queue_name", queue, "--max_events", String(events)];
}
