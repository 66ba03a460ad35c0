/**
 * The rows of whole processes: the cold start of the loop, and user activity on PostgreSQL beside a
 * worker that does nothing with the same batches.
 *
 * @module
 */

import { migrateDatabase } from "../../lib/domain/database/database.ts";
import { startPostgres } from "../postgres.ts";
import { drain } from "./drain.ts";
import type { Rate } from "./ratios.ts";
import { BARE, medianRate, wholeProcesses } from "./whole.ts";

const EVENTS = 50_000;
const ROUNDS = 3;
/** µs of CPU that a warm event costs bare amqplib on the machine that the bounds are from. */
const BARE_MICROS = 4.3;
/** The most µs of CPU for an event, and the least part of the rate, on that machine. */
export const BOUNDS = { noop: 9, activityMore: 5, activityRate: 0.8 } as const;

/** The medians of the whole processes, and the CPU of an event in warm bare amqplib. */
export interface WholeRates {
  readonly bareMicros: number;
  readonly noop: Rate;
  readonly noopBatch: Rate;
  readonly activity: Rate;
}

/** Measures and prints the rows. @returns Whether all are within their bounds. */
export async function wholeRows(url: string): Promise<boolean> {
  await using postgres = await startPostgres();
  await migrateDatabase(postgres.url);
  const env = { DATABASE_URL: postgres.url };
  const queues = [BARE, "noop", "noop_batch", "user_activity"];
  const runs = queues.map((queue) => ({ url, queue, events: EVENTS, env }));
  const rates = await wholeProcesses(runs, ROUNDS);
  const warm = { url, type: "classic", events: EVENTS, queues: 1, prefetch: 500 } as const;
  const { cpuMicros: bareMicros } = await drain("bare", warm);
  const medians = queues.map((queue) => medianRate(rates[queue] ?? []));
  queues.forEach((queue, index) => print(`whole ${queue}`, medians[index]));
  const [, noop, noopBatch, activity] = medians as [Rate, Rate, Rate, Rate];
  const judged = judgeWhole({ bareMicros, noop, noopBatch, activity });
  for (const { text } of judged) console.log(text);
  return judged.every(({ isGood }) => isGood);
}

/** Compares with the bounds, which are as many times higher as bare amqplib is slower here. */
export function judgeWhole(
  { bareMicros, noop, noopBatch, activity }: WholeRates,
): { readonly text: string; readonly isGood: boolean }[] {
  const slower = bareMicros / BARE_MICROS;
  const rate = activity.perSecond / noopBatch.perSecond;
  return [
    atMost("noop", noop.cpuMicros, BOUNDS.noop * slower),
    atMost("noop_batch", noopBatch.cpuMicros, BOUNDS.noop * slower),
    atMost(
      "user_activity beyond noop_batch",
      activity.cpuMicros - noopBatch.cpuMicros,
      BOUNDS.activityMore * slower,
    ),
    {
      text: marked(
        `user_activity beside noop_batch: rate ${rate.toFixed(2)} ` +
          `(at least ${BOUNDS.activityRate})`,
        rate >= BOUNDS.activityRate,
      ),
      isGood: rate >= BOUNDS.activityRate,
    },
  ];
}

function atMost(name: string, micros: number, most: number) {
  const isGood = micros <= most;
  const text = `whole process, ${name}: ${micros.toFixed(2)} µs CPU/event ` +
    `(at most ${most.toFixed(2)} where bare costs as here)`;
  return { text: marked(text, isGood), isGood };
}

function marked(text: string, isGood: boolean): string {
  return isGood ? text : `${text} OUT OF BOUNDS`;
}

function print(name: string, rate: Rate | undefined): void {
  if (!rate) return;
  console.log(
    name.padEnd(26),
    `${rate.perSecond.toFixed(0).padStart(7)} events/s`,
    `${rate.cpuMicros.toFixed(1).padStart(6)} µs CPU/event`,
  );
}
