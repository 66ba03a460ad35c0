/**
 * The rows of the engine, in sections that can be measured one by one.
 *
 * @module
 */

import { compare, type Drained, type DrainOptions } from "./drain.ts";
import { firstEvent } from "./first_event.ts";
import { latency } from "./latency.ts";
import { run } from "./program.ts";
import { publishing } from "./publish.ts";
import { median } from "./ratios.ts";
import { sentry } from "./sentry.ts";
import { sqliteDepth, sqliteProcesses } from "./sqlite_depth.ts";
import { threads } from "./threads.ts";
import { wholeRows } from "./whole_rows.ts";

/** What a section measures with. */
export interface SectionOptions {
  readonly url: string;
  readonly events: number;
  readonly rounds: number;
  readonly prefetch: number;
  /** Takes only sections whose name contains this. */
  readonly rows: string;
}

/** Some rows. `measure` prints them, and resolves to `false` when one is out of its bounds. */
export interface Section {
  readonly name: string;
  readonly measure: (options: SectionOptions) => Promise<boolean | void>;
}

/** Bounds of a ratio: the least rate and the most CPU. */
interface Bounds {
  readonly rate: number;
  readonly cpu: number;
}

/** Classic queues, in the main thread beside bare amqplib. */
const INLINE: Bounds = { rate: 0.9, cpu: 1.5 };
/** Classic queues, in a thread beside the main thread. */
const THREAD: Bounds = { rate: 0.85, cpu: 1.9 };
const FIRST_EVENT_RUNS = 5;
const FIRST_EVENT_MS = 300;

const SECTIONS: readonly Section[] = [
  { name: "classic", measure: classic },
  { name: "quorum", measure: quorum },
  { name: "queues", measure: manyQueues },
  { name: "whole activity noop", measure: ({ url }) => wholeRows(url) },
  { name: "threads", measure: ({ url }) => threads(url) },
  { name: "latency", measure: ({ url }) => latency(url) },
  { name: "publish", measure: ({ url, rounds, events }) => publishing(url, rounds, events) },
  { name: "sqlite", measure: sqlite },
  { name: "sentry", measure: () => sentry() },
  { name: "first event", measure: ({ url }) => firstEvents(url) },
];

/** @throws {TypeError} When no section has the wanted name. */
export function sectionsOf({ rows }: Pick<SectionOptions, "rows">): readonly Section[] {
  const wanted = SECTIONS.filter(({ name }) => name.includes(rows));
  if (wanted.length > 0) return wanted;
  const names = SECTIONS.map(({ name }) => name).join(", ");
  throw new TypeError(`--rows ${rows}: no section has this in its name; there are ${names}`);
}

/** Measures and prints all. @returns Whether everything is within its bounds. */
export async function measureSections(options: SectionOptions): Promise<boolean> {
  let isGood = true;
  for (const { measure } of sectionsOf(options)) {
    if (await measure(options) === false) isGood = false;
  }
  return isGood;
}

function drainOptions({ url, events, prefetch }: SectionOptions): DrainOptions {
  return { url, type: "classic", events, queues: 1, prefetch };
}

async function classic(options: SectionOptions): Promise<boolean> {
  const kinds = ["bare", "inline", "thread"] as const;
  const drained = await compare(kinds, options.rounds, drainOptions(options));
  const inline = judge("inline beside bare", INLINE, drained["inline"], drained["bare"]);
  const thread = judge("thread beside inline", THREAD, drained["thread"], drained["inline"]);
  return inline && thread;
}

async function quorum(options: SectionOptions): Promise<void> {
  const kinds = ["bare", "inline", "thread"] as const;
  const drained = await compare(kinds, 1, { ...drainOptions(options), type: "quorum" });
  judge("quorum inline beside bare", undefined, drained["inline"], drained["bare"]);
}

async function manyQueues(options: SectionOptions): Promise<void> {
  for (const queues of [4, 16]) await compare(["thread"], 1, { ...drainOptions(options), queues });
}

async function sqlite({ events, prefetch }: SectionOptions): Promise<boolean> {
  await run("sqlite.ts", "--events", String(events), "--prefetch", String(prefetch));
  await sqliteProcesses(events);
  return await sqliteDepth();
}

/** Prints how one compares with the other. @returns Whether it is within its bounds. */
function judge(
  name: string,
  bounds: Bounds | undefined,
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
    isGood ? "" : "OUT OF BOUNDS",
  );
  return isGood;
}

/** Starts the program several times and prints the median. @returns Whether it is fast enough. */
async function firstEvents(url: string): Promise<boolean> {
  const times: number[] = [];
  for (let i = 0; i < FIRST_EVENT_RUNS; i++) times.push((await firstEvent(url)).ms);
  const middle = median(times);
  console.log(`first event after ${middle.toFixed(0)} ms (under ${FIRST_EVENT_MS})`);
  return middle < FIRST_EVENT_MS;
}
