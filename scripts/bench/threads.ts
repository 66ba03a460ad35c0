/**
 * The cost of a queue's thread beside a thread that does nothing: to start, in memory, and idle.
 *
 * @module
 */

import { type Mark, markOf } from "./marks.ts";
import { Consumer, deleteQueues, ROOT, run } from "./program.ts";
import { median } from "./ratios.ts";

const THREADS = 16;
const ROUNDS = 3;
const IDLE_SECONDS = 5;
/** The most that a queue's thread may cost, as a multiple of a bare thread. */
const MOST = 1.5;

/** The cost of threads. */
export interface Cost {
  readonly startMs: number;
  readonly rssMb: number;
  readonly cpuMs: number;
}

/** Measures in turns and prints medians. @returns Whether threads are cheap enough. */
export async function threads(url: string): Promise<boolean> {
  const bares: Cost[] = [];
  const engines: Cost[] = [];
  const starts: number[] = [];
  const idles: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bares.push(each(await bareThreads(0), await bareThreads(THREADS)));
    const one = await engineThreads(url, 1);
    const many = await engineThreads(url, THREADS);
    engines.push(each(one.cost, many.cost, THREADS - 1));
    starts.push(many.cost.startMs);
    idles.push((many.idleCpuMs - one.idleCpuMs) / (THREADS - 1) / IDLE_SECONDS);
  }
  const [bare, engine] = [medians(bares), medians(engines)];
  print("bare, each of 16 threads", bare);
  print("engine, each of 16 threads", engine);
  const ratios = [
    engine.startMs / bare.startMs,
    engine.rssMb / bare.rssMb,
    engine.cpuMs / bare.cpuMs,
  ];
  const [start, rss, cpu] = ratios.map((ratio) => ratio.toFixed(2));
  console.log(
    `thread ratio: time ${start}, RSS ${rss}, CPU ${cpu} (at most ${MOST}); all 16 consume after ` +
      `${median(starts).toFixed(0)} ms; an idle queue costs ${median(idles).toFixed(2)} ms CPU/s`,
  );
  return ratios.every((ratio) => ratio <= MOST);
}

function medians(costs: readonly Cost[]): Cost {
  return {
    startMs: median(costs.map(({ startMs }) => startMs)),
    rssMb: median(costs.map(({ rssMb }) => rssMb)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
  };
}

/** The cost of each additional thread. */
function each(few: Cost, many: Cost, threads: number = THREADS): Cost {
  return {
    startMs: (many.startMs - few.startMs) / threads,
    rssMb: (many.rssMb - few.rssMb) / threads,
    cpuMs: (many.cpuMs - few.cpuMs) / threads,
  };
}

async function bareThreads(count: number): Promise<Cost> {
  const startedAt = performance.timeOrigin + performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("./bare_threads.ts", import.meta.url).href, String(count)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { value } = await child.stdout.getReader().read();
  const cost = costOf(startedAt, JSON.parse(new TextDecoder().decode(value)));
  child.kill("SIGKILL");
  await child.status;
  return cost;
}

/** Starts the program with 16 queues, each in a thread. @returns The cost of all of them. */
export async function startThreads(
  url: string,
  checkout: string,
): Promise<Cost & { readonly count: number }> {
  return await withThreads(url, THREADS, checkout, (_, cost) => ({ ...cost, count: THREADS }));
}

async function engineThreads(
  url: string,
  count: number,
): Promise<{ readonly cost: Cost; readonly idleCpuMs: number }> {
  return await withThreads(url, count, ROOT, async ({ pid }, cost) => {
    const before = markOf(pid, 0).cpuMicros;
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    return { cost, idleCpuMs: (markOf(pid, 0).cpuMicros - before) / 1000 };
  });
}

/** Runs threads until `use` has ended. Each worker prints a mark at its queue's only event. */
async function withThreads<Result>(
  url: string,
  count: number,
  checkout: string,
  use: (consumer: Consumer, cost: Cost) => Result | Promise<Result>,
): Promise<Result> {
  const queues = Array.from({ length: count }, (_, index) => `bench${index}`);
  for (const queue of queues) await run("fill.ts", url, queue, "classic", "1");
  const consumer = await Consumer.start({
    url,
    kind: "thread",
    queues,
    prefetch: 100,
    worker: "counting",
    marks: [1],
    checkout,
  });
  try {
    const last = (await consumer.read<Mark>(count)).at(-1) as Mark;
    return await use(consumer, costOf(consumer.startedAt, last));
  } finally {
    await consumer[Symbol.asyncDispose]();
    await deleteQueues(url, queues);
  }
}

function costOf(startedAt: number, { at, peakRssBytes, cpuMicros }: Mark): Cost {
  return { startMs: at - startedAt, rssMb: peakRssBytes / 1e6, cpuMs: cpuMicros / 1000 };
}

function print(name: string, { startMs, rssMb, cpuMs }: Cost): void {
  console.log(
    name.padEnd(26),
    `${startMs.toFixed(0).padStart(4)} ms to start`,
    `${cpuMs.toFixed(0).padStart(4)} ms CPU`,
    `${rssMb.toFixed(1).padStart(5)} MB RSS`,
  );
}
