/**
 * How long the program takes from its start to its first event.
 *
 * @module
 */

import { DEFAULT_PREFETCH } from "../../lib/engine/host/describe.ts";
import type { Mark } from "./marks.ts";
import { Consumer, deleteQueues, run } from "./program.ts";

/** What a start costs. */
export interface FirstEvent {
  readonly ms: number;
  /** CPU until then, in µs. */
  readonly cpuMicros: number;
}

/** Starts the program once; the broker is running and an event waits. */
export async function firstEvent(url: string, checkout?: string): Promise<FirstEvent> {
  await run("fill.ts", url, "bench0", "classic", "1");
  const consumer = await Consumer.start({
    url,
    kind: "inline",
    queues: ["bench0"],
    prefetch: DEFAULT_PREFETCH,
    worker: "counting",
    marks: [1],
    ...(checkout === undefined ? {} : { checkout }),
  });
  try {
    const [{ at, cpuMicros }] = await consumer.read<Mark>(1) as [Mark];
    return { ms: at - consumer.startedAt, cpuMicros };
  } finally {
    await consumer[Symbol.asyncDispose]();
    await deleteQueues(url, ["bench0"]);
  }
}
