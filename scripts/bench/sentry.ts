/**
 * What Sentry costs for each event that is not sampled.
 *
 * @module
 */

import type { SettledReport } from "../../lib/monitoring/report.ts";
import { openSentry } from "../../lib/monitoring/sentry.ts";

const EVENTS = 1_000_000;
const PROCESSED: SettledReport = {
  kind: "settled",
  queue: "bench",
  id: "",
  outcome: "processed",
  attempt: 1,
  waitMs: 1,
  runMs: 1,
  inFlight: 1,
};

/** CPU per event in µs, with a Sentry that is configured and traces one event in a million. */
export async function benchSentry(): Promise<number> {
  const { report, flush } = await openSentry({
    dsn: "http://key@127.0.0.1:1/1",
    environment: "bench",
    version: "0",
    workerNum: 0,
    traceRate: 1e-6,
  });
  for (let i = 0; i < EVENTS / 10; i++) report(PROCESSED);
  const startedAt = performance.now();
  for (let i = 0; i < EVENTS; i++) report(PROCESSED);
  const micros = (performance.now() - startedAt) * 1000 / EVENTS;
  await flush(100);
  return micros;
}

if (import.meta.main) {
  console.log("sentry, unsampled", `${(await benchSentry()).toFixed(3)} µs CPU/event`);
}
