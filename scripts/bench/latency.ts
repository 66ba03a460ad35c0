/**
 * The time from publisher to handler, at 200 events a second.
 *
 * @module
 */

import type { Latency } from "./latencies.ts";
import { Consumer, deleteQueues, type Kind, run } from "./program.ts";

const QUEUE = "bench_latency";
const KINDS: readonly Kind[] = ["bare", "inline", "thread"];

/** Measures each kind of consumer and prints a row for it. */
export async function latency(url: string): Promise<void> {
  for (const kind of KINDS) {
    const { p50, p99 } = await measure(url, kind);
    console.log(
      `latency ${kind}`.padEnd(26),
      `p50 ${p50.toFixed(2).padStart(6)} ms`,
      `p99 ${p99.toFixed(2).padStart(6)} ms`,
    );
  }
}

async function measure(url: string, kind: Kind): Promise<Latency> {
  await run("fill.ts", url, QUEUE, "classic", "0");
  const consumer = await Consumer.start({
    url,
    kind,
    queues: [QUEUE],
    prefetch: 100,
    worker: "timing",
  });
  try {
    await run("trickle.ts", url, QUEUE);
    const [result] = await consumer.read<Latency>(1);
    return result as Latency;
  } finally {
    await consumer[Symbol.asyncDispose]();
    await deleteQueues(url, [QUEUE]);
  }
}
