/**
 * The time from the start of the program to its first event.
 *
 * @module
 */

import { DEFAULT_PREFETCH } from "../../lib/engine/host/describe.ts";
import type { Mark } from "./marks.ts";
import { Consumer, deleteQueues, run } from "./program.ts";

/** The cost of a start. */
export interface FirstEvent {
  /** From the start of the process to its first event, in ms. */
  readonly ms: number;
  /** CPU until the first event, in µs. */
  readonly cpuMicros: number;
}

/** Starts the program once, while an event waits in its queue. */
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
