/**
 * The cost of Sentry for each event that is not sampled.
 *
 * @module
 */

import type { SettledReport } from "../../lib/engine/report.ts";
import { openSentry } from "../../lib/monitoring/sentry.ts";
import { mark } from "./marks.ts";

const EVENTS = 1_000_000;
const MOST_MICROS = 0.5;
const PROCESSED: SettledReport = {
  kind: "settled",
  queue: "bench",
  id: "",
  outcome: "processed",
  attempt: 1,
  waitMs: 1,
  runMs: 1,
  shareMs: 1,
  inFlight: 1,
};

/** Measures CPU per event in µs, with a Sentry that traces one event in a million. */
async function benchSentry(): Promise<number> {
  const { report, flush } = await openSentry({
    dsn: "http://key@127.0.0.1:1/1",
    environment: "bench",
    version: "0",
    traceRate: 1e-6,
  });
  for (let i = 0; i < EVENTS / 10; i++) report(PROCESSED);
  const before = mark(0);
  for (let i = 0; i < EVENTS; i++) report(PROCESSED);
  const micros = (mark(EVENTS).cpuMicros - before.cpuMicros) / EVENTS;
  await flush(100);
  return micros;
}

/** Measures and prints. @returns Whether the cost is within its bound. */
export async function sentry(): Promise<boolean> {
  const micros = await benchSentry();
  const isGood = micros < MOST_MICROS;
  console.log(
    `sentry, unsampled: ${micros.toFixed(3)} µs CPU/event (under ${MOST_MICROS})`,
    isGood ? "" : "OUT OF BOUNDS",
  );
  return isGood;
}

if (import.meta.main) Deno.exit(await sentry() ? 0 : 1);
