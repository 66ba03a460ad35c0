/**
 * The engine beside bare amqplib: both drain the same kind of events from the same broker, turn
 * by turn in one run, each in a process of its own. Rates depend on the machine; the ratios count.
 *
 *   deno task bench [--events 100000] [--rounds 5] [--prefetch 100]
 *
 * The prefetch is the engine's default unless it is given.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Mark } from "./bench/marks.ts";
import { DEFAULT_PREFETCH } from "../lib/executor/describe.ts";
import { startRabbitmq } from "./rabbitmq.ts";

type Kind = "bare" | "engine";
type QueueType = "classic" | "quorum";

/** What one process did. */
interface Result {
  /** By a bare publisher with confirmations, its start included. */
  readonly publishedPerSecond: number;
  readonly eventsPerSecond: number;
  readonly cpuMicros: number;
  readonly peakRssMb: number;
}

/** Classic queues: the least rate and the most CPU beside bare amqplib. */
const LEAST_RATE = 0.9;
const MOST_CPU = 1.5;
/** Events that are not measured, as the code is still being compiled. */
const WARM_UP = 20_000;
const ROOT = join(import.meta.dirname ?? ".", "..");
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
  await using broker = await startRabbitmq();
  const setting = {
    url: broker.url,
    events: Number(values.events),
    rounds: Number(values.rounds),
    prefetch: Number(values.prefetch),
  };
  console.log(
    `${setting.rounds} rounds of ${setting.events} events of 300 bytes, prefetch ${setting.prefetch}; medians`,
  );
  const classic = await compare(setting, "classic");
  await compare(setting, "quorum");
  const { events, prefetch } = setting;
  await run("bench/sqlite.ts", ["--events", String(events), "--prefetch", String(prefetch)]);
  await run("bench/sentry.ts", []);
  const first = await firstEvent(setting.url);
  const isGood = classic.rate >= LEAST_RATE && classic.cpu <= MOST_CPU && first < FIRST_EVENT_MS;
  console.log(
    `${isGood ? "good" : "NOT GOOD ENOUGH"}: on classic the engine has ${
      classic.rate.toFixed(2)
    } ` +
      `of bare's rate (at least ${LEAST_RATE}) for ${classic.cpu.toFixed(2)} times its CPU ` +
      `(at most ${MOST_CPU}); first event after ${first.toFixed(0)} ms (under ${FIRST_EVENT_MS})`,
  );
  return isGood ? 0 : 1;
}

interface Setting {
  readonly url: string;
  readonly events: number;
  readonly rounds: number;
  readonly prefetch: number;
}

/** Drains by turns; prints medians and their ratios. */
async function compare(
  setting: Setting,
  type: QueueType,
): Promise<{ rate: number; cpu: number }> {
  const results: Record<Kind, Result[]> = { bare: [], engine: [] };
  for (let round = 0; round < setting.rounds; round++) {
    const order: Kind[] = round % 2 === 0 ? ["bare", "engine"] : ["engine", "bare"];
    for (const kind of order) results[kind].push(await drain(setting, type, kind));
  }
  const bare = medians(results.bare);
  const engine = medians(results.engine);
  printRow(`${type} bare`, bare);
  printRow(`${type} engine`, engine);
  const rate = engine.eventsPerSecond / bare.eventsPerSecond;
  const cpu = engine.cpuMicros / bare.cpuMicros;
  console.log(`${type} publish`.padEnd(16), `${bare.publishedPerSecond.toFixed(0)} events/s`);
  console.log(`${type} ratio`.padEnd(16), `rate ${rate.toFixed(2)}`, `CPU ${cpu.toFixed(2)}`);
  return { rate, cpu };
}

async function drain(setting: Setting, type: QueueType, kind: Kind): Promise<Result> {
  const count = WARM_UP + setting.events;
  const filledFrom = performance.now();
  await run("bench/fill.ts", [setting.url, "bench", type, String(count)]);
  const publishedPerSecond = count / ((performance.now() - filledFrom) / 1000);
  const marks = await consume(setting, kind, [WARM_UP, count]);
  await deleteQueue(setting.url);
  const [from, to] = marks as [Mark, Mark];
  return {
    publishedPerSecond,
    eventsPerSecond: setting.events / ((to.at - from.at) / 1000),
    cpuMicros: (to.cpuMicros - from.cpuMicros) / setting.events,
    peakRssMb: to.peakRssBytes / 1e6,
  };
}

/** Runs a consumer until it has printed all its marks. */
async function consume(
  { url, prefetch }: Pick<Setting, "url" | "prefetch">,
  kind: Kind,
  counts: readonly number[],
): Promise<Mark[]> {
  const dir = await Deno.makeTempDir();
  const args = kind === "bare"
    ? ["scripts/bench/bare.ts", url, "bench", String(prefetch)]
    : ["main.ts", "--queue_name", "bench", "--workers-dir", "scripts/bench/workers", "--inline"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    cwd: ROOT,
    env: {
      AMQP_URL: url,
      STATE_DIR: dir,
      QUEUE_STATS_DIR: `${dir}/stats`,
      PQ_BENCH_PREFETCH: String(prefetch),
      BENCH_MARKS: counts.join(","),
    },
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const marks = await readMarks(child.stdout, counts.length);
  child.kill("SIGKILL");
  await child.status;
  await Deno.remove(dir, { recursive: true });
  return marks;
}

async function readMarks(stdout: ReadableStream<Uint8Array>, count: number): Promise<Mark[]> {
  const marks: Mark[] = [];
  let rest = "";
  const text = stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("{")) marks.push(JSON.parse(line));
    if (marks.length >= count) return marks;
  }
  throw new Error("The consumer ended before it had printed all its marks");
}

/** From starting the program to its first event, in ms; the broker is up and an event waits. */
async function firstEvent(url: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < FIRST_EVENT_RUNS; i++) {
    await run("bench/fill.ts", [url, "bench", "classic", "1"]);
    const startedAt = performance.timeOrigin + performance.now();
    const [first] = await consume({ url, prefetch: DEFAULT_PREFETCH }, "engine", [1]);
    times.push((first?.at ?? Infinity) - startedAt);
    await deleteQueue(url);
  }
  return median(times);
}

async function deleteQueue(url: string): Promise<void> {
  const { default: amqplib } = await import("amqplib");
  const connection = await amqplib.connect(url);
  const channel = await connection.createChannel();
  await channel.deleteQueue("bench");
  await connection.close();
}

async function run(script: string, args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(ROOT, "scripts", script), ...args],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${script} failed`);
}

function medians(results: readonly Result[]): Result {
  return {
    publishedPerSecond: median(results.map((result) => result.publishedPerSecond)),
    eventsPerSecond: median(results.map((result) => result.eventsPerSecond)),
    cpuMicros: median(results.map((result) => result.cpuMicros)),
    peakRssMb: median(results.map((result) => result.peakRssMb)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function printRow(name: string, result: Result): void {
  console.log(
    name.padEnd(16),
    `${result.eventsPerSecond.toFixed(0).padStart(7)} events/s`,
    `${result.cpuMicros.toFixed(1).padStart(6)} µs CPU/event`,
    `${result.peakRssMb.toFixed(0).padStart(5)} MB peak RSS`,
  );
}
